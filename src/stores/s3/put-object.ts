import { isLadingError, LadingError } from '../../errors/index.ts'
import { damagedAttempts } from '../../http/index.ts'
import { type Digest, digestParts } from '../../model/digest.ts'
import type { ObjectInfo } from '../object-store.ts'
import { bareEtag } from './etag.ts'
import { codeOf, isDamage } from './explain-error.ts'
import { headObject, timeOf } from './read-object.ts'
import type { Answered, S3Connection } from './s3-connection.ts'

/** What a put says beyond key and bytes, in the SDK's words. */
export interface PutFields {
  readonly IfNoneMatch?: string
  readonly IfMatch?: string
  readonly Metadata?: Record<string, string>
}

/** Writes an object in one request, signed with the hash of its bytes. */
export async function putObject(
  connection: S3Connection,
  key: string,
  bytes: Uint8Array,
  { content, signal }: { readonly content?: Digest | undefined; readonly signal?: AbortSignal | undefined },
): Promise<ObjectInfo> {
  if (content !== undefined) {
    const { algorithm, hex } = digestParts(content)
    if (algorithm === 'sha256') connection.knownHashes.set(bytes, hex)
  }
  const answered = await inContentClass(connection, content, fields =>
    untilUndamaged(connection, key, signal, () => sendObject(connection, key, bytes, fields, signal)),
  )
  return await writtenInfo(connection, key, bytes.byteLength, answered, signal)
}

export function sendObject(
  connection: S3Connection,
  key: string,
  bytes: Uint8Array,
  fields: PutFields & ContentClass,
  signal: AbortSignal | undefined,
  attempts?: number,
): Promise<Answered<{ readonly ETag?: string | undefined }>> {
  const call = { permission: 's3:PutObject', signal, ...(attempts === undefined ? {} : { attempts }) }
  const { encryption } = connection.settings
  return connection.call(call, (s3, options) =>
    s3.putObject({ ...connection.at(key), ...encryption, ...fields, Body: bytes }, options),
  )
}

/** The info of an object that an answer says was written. It has no Last-Modified, but the server's time. */
export async function writtenInfo(
  connection: S3Connection,
  key: string,
  size: number,
  { output, answer }: Answered<{ readonly ETag?: string | undefined }>,
  signal: AbortSignal | undefined,
): Promise<ObjectInfo> {
  const etag = bareEtag(output.ETag)
  const modified = timeOf(answer, 'date')
  if (etag !== undefined && modified !== undefined) return { key, size, etag, modified }
  const found = await headObject(connection, key, signal)
  if (found === undefined) throw new LadingError('protocol-error', 'the server has not what it took a moment ago')
  return found
}

/** Sends bytes again that the server says arrived changed. */
export async function untilUndamaged<T>(
  connection: S3Connection,
  subject: string,
  signal: AbortSignal | undefined,
  send: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send()
    } catch (error) {
      if (attempt === damagedAttempts || !isDamage(error) || !isLadingError(error)) throw error
      await connection.http.pause({ attempt, subject, reason: error.message }, signal)
    }
  }
}

interface ContentClass {
  readonly StorageClass?: 'INTELLIGENT_TIERING'
}

/** Keeps content in the class that follows its use, and without a class on a server that has not this one. */
export async function inContentClass<T>(
  connection: S3Connection,
  content: Digest | undefined,
  send: (fields: ContentClass) => Promise<T>,
): Promise<T> {
  const { contentClass } = await connection.capabilities.known()
  if (content === undefined || contentClass === false) return await send({})
  try {
    return await send({ StorageClass: 'INTELLIGENT_TIERING' })
  } catch (error) {
    // Ceph says InvalidArgument, and that may be about anything: only the success without the class proves what it was.
    if (!['InvalidStorageClass', 'InvalidArgument', 'NotImplemented'].includes(codeOf(error) ?? '')) throw error
    const done = await send({})
    await connection.capabilities.learn({ contentClass: false })
    connection.warn(
      `${connection.settings.name}: the server has no storage class INTELLIGENT_TIERING; blobs are kept in its default class`,
    )
    return done
  }
}
