import { randomUUID } from 'node:crypto'
import type { BlockBlobClient } from '@azure/storage-blob'
import { LadingError } from '../../errors/index.ts'
import type { ObjectInfo, PutOptions } from '../object-store.ts'
import { abortable } from './abortable.ts'
import { blobInfo, conditionsOf } from './blob-info.ts'
import { isLost, isRefusal } from './refusal.ts'

/** The metadata of a conditional write that says whose it is. */
const markName = 'ladingwrite'

interface WriteParameters {
  readonly conditions: ReturnType<typeof conditionsOf>
  readonly metadata?: Record<string, string>
}

/**
 * Writes under the condition that the options name, if they name one.
 *
 * A request whose answer is lost is sent again, and then meets what it has written itself. So every conditional write is marked,
 * and whoever finds its own mark has won. Comparing the content would not do: two that both write "5" have not both counted.
 *
 * @throws LadingError `precondition-failed`
 */
export async function conditionalWrite(
  blob: BlockBlobClient,
  key: string,
  options: PutOptions,
  write: (parameters: WriteParameters) => Promise<ObjectInfo>,
): Promise<ObjectInfo> {
  const conditions = conditionsOf(options)
  if (options.ifMatch === undefined && options.ifNoneMatch === undefined) return await write({ conditions })
  const mark = randomUUID()
  try {
    return await write({ conditions, metadata: { [markName]: mark } })
  } catch (error) {
    const replacedAbsent = options.ifMatch !== undefined && isRefusal(error, 'BlobNotFound')
    if (!isLost(error) && !replacedAbsent) throw error
    const own = await findOwn(blob, key, mark, options.signal)
    if (own !== undefined) return own
    const message =
      options.ifNoneMatch === undefined ? 'it is not the version that was to be replaced' : 'it exists already'
    throw new LadingError('precondition-failed', message)
  }
}

async function findOwn(
  blob: BlockBlobClient,
  key: string,
  mark: string,
  signal: AbortSignal | undefined,
): Promise<ObjectInfo | undefined> {
  try {
    const properties = await blob.getProperties(abortable(signal))
    if (properties.metadata?.[markName] !== mark) return undefined
    return blobInfo(key, properties.contentLength ?? 0, properties)
  } catch (error) {
    // Gone again, or a SAS that may write and not read: then it stays what the service said.
    if (isRefusal(error)) return undefined
    throw error
  }
}
