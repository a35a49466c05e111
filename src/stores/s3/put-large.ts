import { isLadingError, LadingError } from '../../errors/index.ts'
import type { Bytes } from '../../streams/index.ts'
import type { ObjectInfo, PutOptions, StoreDriver } from '../object-store.ts'
import type { PartBuffers } from '../parts/part-buffers.ts'
import { UploadProgress } from '../parts/upload-progress.ts'
import { completeUpload } from './complete-upload.ts'
import { type Condition, holds, lost } from './conditional-put.ts'
import { codeOf } from './explain-error.ts'
import { headObject } from './read-object.ts'
import type { S3Connection } from './s3-connection.ts'
import { abortUpload, beginUpload, findUpload } from './unfinished-upload.ts'
import { uploadParts } from './upload-parts.ts'

/** How often an upload is begun that somebody else finishes, gives up or changes meanwhile. */
const maxBeginnings = 3

export interface LargePut extends PutOptions {
  readonly partSize: number
  readonly buffers: PartBuffers
  /** The store itself. */
  readonly objects: StoreDriver
}

/** Writes an object of several parts. That of content goes on where it was interrupted, by this process or another. */
export async function putLarge(
  connection: S3Connection,
  key: string,
  body: Bytes,
  options: LargePut,
): Promise<ObjectInfo> {
  for (let beginning = 1; beginning <= maxBeginnings; beginning++) {
    const done = await putOnce(connection, key, body, options)
    if (done !== undefined) return done
    const found = await headObject(connection, key, options.signal)
    if (options.content !== undefined && found !== undefined && found.size === body.size) return found
  }
  throw new LadingError('server-error', 'others gave this upload up again and again', {
    hint: 'check that no lifecycle rule or other tool aborts the uploads of this bucket while they are under way',
  })
}

/** `undefined` where another writer of the same key took the upload away. */
async function putOnce(
  connection: S3Connection,
  key: string,
  body: Bytes,
  options: LargePut,
): Promise<ObjectInfo | undefined> {
  const { content, ifMatch, ifNoneMatch, partSize, buffers, objects, signal } = options
  const condition: Condition = {
    ...(ifMatch === undefined ? {} : { ifMatch }),
    ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }),
  }
  // Nothing tells how an upload of somebody else is encrypted, and the parts of one with a KMS key have no MD5 to know them by.
  const resumable = content !== undefined && connection.settings.encryption.ServerSideEncryption === undefined
  const upload =
    (resumable ? await findUpload(connection, key, signal) : undefined) ??
    (await beginUpload(connection, key, content, signal))
  const explain = (error: unknown) =>
    error instanceof LadingError
      ? error.with({ operation: 'write object', subject: `${connection.settings.name}//${key}` })
      : error
  const progress =
    resumable && body.size !== undefined
      ? await UploadProgress.ofBody(objects, { content, size: body.size, partSize }, body, upload.parts, signal)
      : undefined
  try {
    const parts = await uploadParts(connection, upload, body, { key, partSize, buffers, progress, signal, explain })
    await checkBeforeCompletion(connection, key, condition, signal)
    const done = await completeUpload(connection, { key, upload, parts, content, condition, signal })
    await progress?.end()
    return done
  } catch (error) {
    if (isSomebodyElse(error)) {
      await progress?.end()
      return undefined
    }
    await (isLadingError(error, 'digest-mismatch', 'size-mismatch') ? progress?.end() : progress?.leave())
    // Where nobody would go on with the parts they are not kept, and wrong content is not worth keeping.
    if (!resumable || isLadingError(error, 'digest-mismatch', 'size-mismatch')) {
      await abortUpload(connection, key, upload)
    }
    throw error
  }
}

/** No server but AWS's obeys conditions when an upload is completed: what can be done is to look just before. */
async function checkBeforeCompletion(
  connection: S3Connection,
  key: string,
  condition: Condition,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (Object.keys(condition).length === 0) return
  if (!holds(condition, await headObject(connection, key, signal))) throw lost()
}

/** The upload is gone, or its parts are not those that were sent: another writer of the same key was there. */
function isSomebodyElse(error: unknown): boolean {
  return ['NoSuchUpload', 'InvalidPart'].includes(codeOf(error) ?? '')
}
