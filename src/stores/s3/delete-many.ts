import { isLadingError, LadingError } from '../../errors/index.ts'
import { deleteOneByOne } from '../delete-one-by-one.ts'
import type { Deletion } from '../object-store.ts'
import { deleteObject } from './delete-object.ts'
import { explainCode } from './explain-error.ts'
import { untilUndamaged } from './put-object.ts'
import type { S3Connection } from './s3-connection.ts'

/** What S3 takes at most. */
const keysPerRequest = 1000

/** What a server may answer for one key at a bad moment. */
const passing: ReadonlySet<string> = new Set([
  'InternalError',
  'OperationAborted',
  'RequestTimeout',
  'ServiceUnavailable',
  'SlowDown',
])

interface KeyError {
  readonly Key?: string | undefined
  readonly Code?: string | undefined
  readonly Message?: string | undefined
}

/** Deletes objects a thousand in a request, and one by one where the server has no such request. */
export async function* deleteObjects(
  connection: S3Connection,
  keys: AsyncIterable<string>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Deletion, void, undefined> {
  const eachByItself = (some: readonly string[]) =>
    deleteOneByOne(streamOf(some), key => deleteObject(connection, key, { signal }))
  for await (const batch of batches(keys)) {
    const errors = connection.deletesOneByOne ? undefined : await deleteBatch(connection, batch, signal)
    if (errors === undefined) {
      yield* eachByItself(batch)
      continue
    }
    // By itself a key has the attempts of the HTTP client.
    const again = new Map<string, Deletion>()
    const unlucky = batch.filter(key => passing.has(errors.get(key)?.Code ?? ''))
    for await (const deletion of eachByItself(unlucky)) again.set(deletion.key, deletion)
    for (const key of batch) yield again.get(key) ?? outcome(connection, key, errors.get(key))
  }
}

/** The keys that are still there, with the reason; `undefined` where the server refuses to delete more than one. */
async function deleteBatch(
  connection: S3Connection,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, KeyError> | undefined> {
  const { prefix } = connection.settings
  const Objects = keys.map(key => ({ Key: prefix + key }))
  const answered = await untilUndamaged(connection, `${keys.length} deletions`, signal, () =>
    connection.ask({ permission: 's3:DeleteObject', signal }, isRefusedAsSuch, (s3, options) =>
      s3.deleteObjects({ ...connection.inBucket(), Delete: { Objects, Quiet: true } }, options),
    ),
  )
  if (answered instanceof LadingError) {
    connection.deletesOneByOne = true
    return undefined
  }
  const errors = new Map((answered.output.Errors ?? []).map(error => [error.Key ?? '', error]))
  const stillThere = new Map<string, KeyError>()
  for (const key of keys) {
    const error = errors.get(prefix + key)
    if (error === undefined) continue
    stillThere.set(key, error)
    errors.delete(prefix + key)
  }
  // Of an object that nobody named, or of none: whatever it means, it is not success.
  for (const { Code = '', Message = '' } of errors.values())
    throw explainCode(Code, Message, connection.asked('s3:DeleteObject'))
  return stillThere
}

/** 400: a server that knows nothing of `?delete` misses the body of another request, or a checksum of its own. */
function isRefusedAsSuch(error: LadingError): boolean {
  return [400, 405, 411, 501].includes(error.status ?? 0) && isLadingError(error, 'unsupported', 'protocol-error')
}

function outcome(connection: S3Connection, key: string, error: KeyError | undefined): Deletion {
  if (error === undefined || error.Code === 'NoSuchKey') return { key }
  return { key, error: explainCode(error.Code ?? '', error.Message ?? '', connection.asked('s3:DeleteObject')) }
}

async function* streamOf(keys: readonly string[]): AsyncGenerator<string, void, undefined> {
  yield* keys
}

async function* batches(keys: AsyncIterable<string>): AsyncGenerator<string[], void, undefined> {
  let batch: string[] = []
  for await (const key of keys) {
    if (batch.push(key) < keysPerRequest) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
