import type { BlobClient, BlobGetPropertiesResponse, BlockBlobClient } from '@azure/storage-blob'
import { LadingError } from '../../errors/index.ts'
import type { HttpClient } from '../../http/index.ts'
import type { CopyFromOptions, ObjectInfo } from '../object-store.ts'
import { abortable } from './abortable.ts'
import { blobInfo } from './blob-info.ts'
import { isRefusal } from './refusal.ts'

/** What says that the source may not be read with these credentials: the bytes must go through here. */
const unreadable = ['CannotVerifyCopySource', 'CopyAcrossAccountsNotSupported', 'CopySourceNotVerifiable']

/**
 * Copies within an account. Copy Blob is the one request for every size and every kind of credentials: those that
 * read from a URL need a SAS or a token of their own for it.
 *
 * The source's version is asked for and named, so what is copied has the size that was checked.
 *
 * @returns `undefined` where the service cannot
 */
export async function copyBlob(
  source: BlobClient,
  target: BlockBlobClient,
  key: string,
  http: HttpClient,
  { size, signal }: CopyFromOptions,
): Promise<ObjectInfo | undefined> {
  const abort = abortable(signal)
  const found = await sourceProperties(source, signal)
  if (found === undefined) return undefined
  if (found.contentLength !== size) {
    throw new LadingError('size-mismatch', `the object to copy has ${found.contentLength} bytes in place of ${size}`)
  }
  try {
    // Not the SDK's poller: it would wait with its own clock.
    const poller = await target.beginCopyFromURL(source.url, {
      ...abort,
      ...(found.etag === undefined ? {} : { sourceConditions: { ifMatch: found.etag } }),
    })
    poller.stopPolling()
  } catch (error) {
    if (isRefusal(error, ...unreadable)) return undefined
    throw error
  }
  return await copied(target, key, http, { size, signal })
}

async function sourceProperties(
  source: BlobClient,
  signal: AbortSignal | undefined,
): Promise<BlobGetPropertiesResponse | undefined> {
  try {
    return await source.getProperties(abortable(signal))
  } catch (error) {
    // A SAS of one container reads no other; whoever gave us the origin can.
    if (isRefusal(error) && error.statusCode === 403) return undefined
    throw error
  }
}

/** Within an account a copy is done at once as a rule; Azure may take its time all the same. */
async function copied(
  target: BlockBlobClient,
  key: string,
  http: HttpClient,
  { size, signal }: CopyFromOptions,
): Promise<ObjectInfo> {
  for (let attempt = 1; ; attempt++) {
    const properties = await target.getProperties(abortable(signal))
    if (properties.copyStatus !== 'pending') {
      if (properties.copyStatus === 'success' && properties.contentLength === size)
        return blobInfo(key, size, properties)
      throw new LadingError('server-error', `Azure did not finish copying the object (${properties.copyStatus})`)
    }
    await http.pause({ attempt, subject: key, reason: 'Azure is copying', retryAfterMs: 500 }, signal)
  }
}
