import { isLadingError, LadingError } from '../../errors/index.ts'
import type { Bytes } from '../../streams/index.ts'
import type { ObjectInfo, PutOptions } from '../object-store.ts'
import { type Condition, holds, lost } from './conditional-put.ts'
import { codeOf } from './explain-error.ts'
import type { PartBuffers } from './part-buffers.ts'
import { headObject } from './read-object.ts'
import type { S3Connection } from './s3-connection.ts'
import { abortUpload, beginUpload, completeUpload, findUpload } from './unfinished-upload.ts'
import { uploadParts } from './upload-parts.ts'

/** How often an upload is begun that somebody else finishes, gives up or changes meanwhile. */
const maxBeginnings = 3

export interface LargePut extends PutOptions {
  readonly partSize: number
  readonly buffers: PartBuffers
}

/** Writes an object of several parts. That of content goes on where it was interrupted, by this process or another. */
export async function putLarge(
  connection: S3Connection,
  key: string,
  body: Bytes,
  options: LargePut,
): Promise<ObjectInfo> {
  for (let beginning = 1; ; beginning++) {
    try {
      return await putOnce(connection, key, body, options)
    } catch (error) {
      if (!isSomebodyElse(error) || beginning === maxBeginnings) throw error
      const found = await headObject(connection, key, options.signal)
      if (options.content !== undefined && found !== undefined && found.size === body.size) return found
    }
  }
}

async function putOnce(connection: S3Connection, key: string, body: Bytes, options: LargePut): Promise<ObjectInfo> {
  const { content, ifMatch, ifNoneMatch, partSize, buffers, signal } = options
  const condition: Condition = {
    ...(ifMatch === undefined ? {} : { ifMatch }),
    ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }),
  }
  const upload =
    (content === undefined ? undefined : await findUpload(connection, key, signal)) ??
    (await beginUpload(connection, key, content, signal))
  const explain = (error: unknown) =>
    error instanceof LadingError
      ? error.with({ operation: 'write object', subject: `${connection.settings.name}//${key}` })
      : error
  try {
    const parts = await uploadParts(connection, upload, body, { key, partSize, buffers, signal, explain })
    await checkBeforeCompletion(connection, key, condition, signal)
    await completeUpload(connection, key, upload, parts, condition, signal)
  } catch (error) {
    // Of anything but proved content nobody would go on with the parts.
    if (content === undefined || isWrong(error)) await abortUpload(connection, key, upload)
    throw error
  }
  // The entity tag that Complete answers is empty on Ceph, and its success says nothing of the size.
  const info = await headObject(connection, key, signal)
  if (info !== undefined && (body.size === undefined || info.size === body.size)) return info
  throw new LadingError('protocol-error', `the server has ${info?.size ?? 'nothing'} of the ${body.size} bytes it took`)
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

/** Content that is not what it is named: nothing of it is worth keeping. */
function isWrong(error: unknown): boolean {
  return isLadingError(error, 'digest-mismatch', 'size-mismatch')
}
