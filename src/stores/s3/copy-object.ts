import pLimit from 'p-limit'
import { isLadingError, LadingError } from '../../errors/index.ts'
import type { Digest } from '../../model/digest.ts'
import type { CopyFromOptions, ObjectInfo, ObjectOrigin, StoredPart } from '../object-store.ts'
import { completeUpload } from './complete-upload.ts'
import { bareEtag } from './etag.ts'
import { inContentClass } from './put-object.ts'
import { headObject } from './read-object.ts'
import type { S3Connection } from './s3-connection.ts'
import { abortUpload, beginUpload } from './unfinished-upload.ts'

export interface CopyLimits {
  /** S3 copies larger objects in parts only. */
  readonly wholeBytes: number
  readonly partBytes: number
}

/** Within S3's 5 GiB for one request, and small enough that many run at once. */
export const copyLimits: CopyLimits = { wholeBytes: 5 * 1024 ** 3, partBytes: 1024 ** 3 }

const partsAtOnce = 8

type Signal = AbortSignal | undefined

/**
 * Copies an object within the account, no byte of it passing through here. `undefined` where S3 will not: then the bytes are moved,
 * and if a permission was missing, that says so.
 */
export async function copyObject(
  connection: S3Connection,
  origin: ObjectOrigin,
  key: string,
  { size, content, signal }: CopyFromOptions,
  limits: CopyLimits = copyLimits,
): Promise<ObjectInfo | undefined> {
  if (origin.service !== 's3' || origin.account !== connection.settings.account) return undefined
  const source = { CopySource: sourceOf(origin) }
  try {
    await checkSource(connection, origin, size, signal)
    if (size <= limits.wholeBytes) {
      await inContentClass(connection, content, fields =>
        connection.call({ permission: 's3:PutObject', signal }, (s3, options) =>
          s3.copyObject({ ...connection.at(key), ...connection.settings.encryption, ...fields, ...source }, options),
        ),
      )
    } else {
      await copyParts(connection, source.CopySource, key, { size, content, signal }, limits.partBytes)
    }
  } catch (error) {
    if (isLadingError(error, 'denied', 'unsupported')) return undefined
    throw error
  }
  const info = await headObject(connection, key, signal)
  if (info?.size === size) return info
  throw new LadingError('size-mismatch', `the copy has ${info?.size ?? 'none'} of the ${size} bytes`)
}

/** Before the copy, so that the key stays as it was: conditions on a copy's source are ignored by servers other than AWS. */
async function checkSource(
  connection: S3Connection,
  { bucket, key }: ObjectOrigin,
  size: number,
  signal: Signal,
): Promise<void> {
  try {
    const { answer } = await connection
      .to(bucket)
      .call({ permission: 's3:GetObject', signal }, (s3, options) =>
        s3.headObject({ ...connection.inBucket(), Bucket: bucket, Key: key }, options),
      )
    const found = Number(answer.headers.get('content-length'))
    if (found !== size) throw new LadingError('size-mismatch', `it has ${found} bytes, not ${size}`)
  } catch (error) {
    // The store would name its own key, which is not the one that is wrong.
    throw error instanceof LadingError ? error.with({ side: 'source', subject: `s3://${bucket}/${key}` }) : error
  }
}

async function copyParts(
  connection: S3Connection,
  CopySource: string,
  key: string,
  { size, content, signal }: { size: number; content?: Digest | undefined; signal?: Signal },
  partBytes: number,
): Promise<void> {
  const upload = await beginUpload(connection, key, content, signal)
  const stop = new AbortController()
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
  const parts = new Map<number, StoredPart>()
  const copyPart = async (index: number): Promise<void> => {
    const start = index * partBytes
    const end = Math.min(size, start + partBytes)
    const at = { ...connection.at(key), UploadId: upload.id, PartNumber: index + 1 }
    const { output } = await connection.call({ permission: 's3:PutObject', signal: either }, (s3, options) =>
      s3.uploadPartCopy({ ...at, CopySource, CopySourceRange: `bytes=${start}-${end - 1}` }, options),
    )
    const etag = bareEtag(output.CopyPartResult?.ETag)
    if (etag === undefined) throw new LadingError('protocol-error', `the server gave no ETag for part ${index + 1}`)
    parts.set(index + 1, { etag, size: end - start })
  }
  try {
    const limit = pLimit(partsAtOnce)
    const copies = Array.from({ length: Math.ceil(size / partBytes) }, (_, index) => limit(copyPart, index))
    for (const copy of copies) copy.catch(error => stop.abort(error))
    await Promise.allSettled(copies)
    either.throwIfAborted()
    const done = await completeUpload(connection, { key, upload, parts, content, condition: {}, signal })
    if (done === undefined) throw new LadingError('server-error', 'somebody gave the copy up while it was under way')
  } catch (error) {
    // Nothing was read, so nothing is lost that would be worth a second look.
    await abortUpload(connection, key, upload)
    throw error
  }
}

function sourceOf({ bucket, key }: ObjectOrigin): string {
  return `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`
}
