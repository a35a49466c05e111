import { randomUUID } from 'node:crypto'
import { isLadingError, LadingError } from '../../errors/index.ts'
import type { KnownCapabilities } from '../capabilities.ts'
import type { ObjectInfo, PutOptions } from '../object-store.ts'
import { codeOf } from './explain-error.ts'
import { type PutFields, putObject, sendObject, writtenInfo } from './put-object.ts'
import { headObject, headWithMetadata } from './read-object.ts'
import type { Answered, S3Connection } from './s3-connection.ts'

export type Condition = Pick<PutOptions, 'ifNoneMatch' | 'ifMatch'>

/** How often a put is begun whose outcome was not clear, or that the server failed at. */
const maxAttempts = 8

/** The object's metadata that says which put it is of: an answer that was lost is told from a lost race by it. */
const writeMark = 'lading-write'

/**
 * Writes a small object under a condition. Where the server has not been tried yet, the put is the trial: the same put again must be
 * refused. Where conditions are ignored, the object is looked at before it is written, which is all that can be done.
 *
 * @throws LadingError `precondition-failed` where somebody else came first
 */
export async function putUnderCondition(
  connection: S3Connection,
  key: string,
  bytes: Uint8Array,
  condition: Condition,
  signal: AbortSignal | undefined,
): Promise<ObjectInfo> {
  const known = await connection.capabilities.known()
  const obeyed = isObeyed(known, condition)
  if (obeyed !== true && !holds(condition, await headObject(connection, key, signal))) throw lost()
  if (obeyed === false) return await putUnguarded(connection, key, bytes, signal)

  let quoted = known.quotedEtags ?? connection.settings.isAws
  let turned = false
  const mark = randomUUID()
  for (let attempt = 1; ; attempt++) {
    const fields = { ...fieldsOf(condition, quoted), Metadata: { [writeMark]: mark } }
    const answered = await tryPut(connection, key, bytes, fields, signal)
    if (!(answered instanceof LadingError)) {
      if (turned) await connection.capabilities.learn({ quotedEtags: quoted })
      const info = await writtenInfo(connection, key, bytes.byteLength, answered, signal)
      // A version that is replaced by its equal has the same entity tag, and the condition still holds.
      if (obeyed === undefined && info.etag !== condition.ifMatch) {
        await probe(connection, condition, () => tryPut(connection, key, bytes, fields, signal))
      }
      return info
    }
    if (codeOf(answered) === 'NotImplemented') {
      await connection.capabilities.learn(learnt(condition, false))
      return await putUnguarded(connection, key, bytes, signal)
    }
    const found = await headWithMetadata(connection, key, signal)
    if (found?.metadata[writeMark] === mark) return found.info
    if (!holds(condition, found?.info)) {
      if (answered.status === 412) await connection.capabilities.learn(learnt(condition, true))
      throw lost(answered)
    }
    // Refused, and yet the version is the one that was named: the server wants its tag with quotes, or without.
    if (answered.status === 412 && condition.ifMatch !== undefined && !turned) {
      quoted = !quoted
      turned = true
      continue
    }
    if (attempt >= maxAttempts) throw answered
    await connection.http.pause({ attempt, subject: key, reason: answered.message }, signal)
  }
}

function isObeyed({ ifMatch, ifNoneMatch }: KnownCapabilities, condition: Condition): boolean | undefined {
  return condition.ifMatch === undefined ? ifNoneMatch : ifMatch
}

function learnt(condition: Condition, obeyed: boolean): KnownCapabilities {
  return condition.ifMatch === undefined ? { ifNoneMatch: obeyed } : { ifMatch: obeyed }
}

export function holds({ ifMatch, ifNoneMatch }: Condition, found: ObjectInfo | undefined): boolean {
  if (ifNoneMatch !== undefined) return found === undefined
  return ifMatch === undefined || found?.etag === ifMatch
}

export function fieldsOf({ ifMatch, ifNoneMatch }: Condition, quoted: boolean): PutFields {
  if (ifNoneMatch !== undefined) return { IfNoneMatch: ifNoneMatch }
  return ifMatch === undefined ? {} : { IfMatch: quoted ? `"${ifMatch}"` : ifMatch }
}

export function lost(cause?: unknown): LadingError {
  return new LadingError('precondition-failed', 'somebody else has written the object meanwhile', { cause })
}

/** One request. Sent once: a second one could not tell its own success from another's. */
async function tryPut(
  connection: S3Connection,
  key: string,
  bytes: Uint8Array,
  fields: PutFields,
  signal: AbortSignal | undefined,
): Promise<Answered<{ readonly ETag?: string | undefined }> | LadingError> {
  try {
    const answered = await sendObject(connection, key, bytes, fields, signal, 1)
    // Every server says what it has written. A page of whoever stands in between has the status of success too.
    return answered.output.ETag === undefined
      ? new LadingError('protocol-error', 'the answer names no version')
      : answered
  } catch (error) {
    signal?.throwIfAborted()
    if (isLadingError(error) && mustLookAgain(error)) return error
    throw error
  }
}

/**
 * Whether only a look at the object can tell what happened. A lost race is 412, of an absent object 404, on AWS 409 while the winner
 * is still writing, on Ceph also 500; after a broken connection, or an answer that nobody understands, anything is possible.
 */
function mustLookAgain(error: LadingError): boolean {
  const { code, status = 0 } = error
  if (['network', 'timeout', 'server-error', 'rate-limited'].includes(code)) return true
  if (code === 'protocol-error' && error.status === undefined) return true
  return [404, 409, 412].includes(status) ? code !== 'bucket-not-found' : codeOf(error) === 'NotImplemented'
}

async function probe(
  connection: S3Connection,
  condition: Condition,
  again: () => Promise<Answered<unknown> | LadingError>,
): Promise<void> {
  const second = await again()
  if (!(second instanceof LadingError)) {
    await connection.capabilities.learn(learnt(condition, false))
    warnUnguarded(connection)
  } else if (second.status === 412) {
    await connection.capabilities.learn(learnt(condition, true))
  }
}

async function putUnguarded(
  connection: S3Connection,
  key: string,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<ObjectInfo> {
  warnUnguarded(connection)
  return await putObject(connection, key, bytes, { signal })
}

function warnUnguarded({ settings, warn }: S3Connection): void {
  warn(
    `${settings.name}: the server ignores conditional writes; of two pushes of one tag at the same time one may be lost`,
  )
}
