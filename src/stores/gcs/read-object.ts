import { LadingError } from '../../errors/index.ts'
import type { HttpResponse } from '../../http/index.ts'
import type { GetOptions, ObjectInfo, OpenObject } from '../object-store.ts'
import { withinObject } from '../within-object.ts'
import type { BucketAddress } from './bucket-address.ts'
import type { GcsClient } from './gcs-client.ts'
import { infoOf, type ObjectResource, parseJson, parseResource, resourceFields } from './object-resource.ts'
import { isBucketAbsent, readRefusal } from './refusal.ts'

/** The description of an object, or `undefined` where the bucket has none of that name. */
export async function lookUp(
  client: GcsClient,
  address: BucketAddress,
  name: string,
  signal: AbortSignal | undefined,
  bucket?: string,
): Promise<ObjectResource | undefined> {
  const url = address.object(name, { fields: resourceFields }, bucket)
  const answer = await client.ask({ method: 'GET', url, signal })
  if (answer.status === 404) {
    const refusal = await readRefusal(answer)
    if (isBucketAbsent(refusal)) throw client.refusal(refusal)
    return undefined
  }
  return parseResource(parseJson(await client.text(answer)))
}

/** @throws LadingError as `ObjectStore.get` */
export async function readObject(
  client: GcsClient,
  address: BucketAddress,
  key: string,
  options: GetOptions,
): Promise<OpenObject> {
  const { range, ifMatch, signal } = options
  const name = address.prefix + key
  // An empty range has no form in HTTP, and an etag that is no generation is refused as a mistake.
  const empty = range !== undefined && range.start === range.end
  if (empty || (ifMatch !== undefined && !isGeneration(ifMatch)))
    return await readNothing(client, address, key, options)
  const answer = await client.ask({
    method: 'GET',
    url: address.object(name, { alt: 'media', ifGenerationMatch: ifMatch }),
    documentBytes: undefined,
    headers: {
      // Objects stored with Content-Encoding: gzip come as they are, where `identity` would have Google decompress them:
      // https://cloud.google.com/storage/docs/transcoding
      'accept-encoding': 'gzip',
      ...(range === undefined ? {} : { range: `bytes=${range.start}-${range.end === undefined ? '' : range.end - 1}` }),
    },
    signal,
  })
  // The range begins at the object's end, which is allowed, or behind it, or the object is empty.
  if (answer.status === 416) return await readNothing(client, address, key, options)
  if (answer.status === 412 && (await lookUp(client, address, name, signal)) === undefined)
    throw new LadingError('blob-not-found', 'there is no such object')
  if (answer.status >= 400) throw await client.refused(answer)
  try {
    const { info, start, end } = describe(answer, key)
    const wanted = withinObject(range, info.size)
    if (wanted.start !== start || wanted.end !== end) throw unexpected(`bytes ${start} to ${end}`)
    return { info, body: exactly(answer, end - start), md5: md5Of(answer) }
  } catch (error) {
    await answer.discard()
    throw error
  }
}

/** `x-goog-hash: crc32c=…,md5=…`: what was put together of parts has no MD5. */
function md5Of({ headers }: HttpResponse): string | undefined {
  const encoded = /(?:^|[,\s])md5=([\w+/]{22}==)/.exec(headers.get('x-goog-hash') ?? '')?.[1]
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('hex')
}

/** What has no bytes to read: its description, once it is clear that nothing is what was asked for. */
async function readNothing(
  client: GcsClient,
  address: BucketAddress,
  key: string,
  { range, ifMatch, signal }: GetOptions,
): Promise<OpenObject> {
  const found = await lookUp(client, address, address.prefix + key, signal)
  if (found === undefined) throw new LadingError('blob-not-found', 'there is no such object')
  if (ifMatch !== undefined && found.generation !== ifMatch)
    throw new LadingError('precondition-failed', 'it is not the version that was asked for')
  const { start, end } = withinObject(range, found.size)
  if (start !== end) throw unexpected('no bytes')
  return { info: infoOf(found, key), body: nothing() }
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}

/** Whether an etag can be one of this store's. */
export function isGeneration(etag: string): boolean {
  return /^[1-9]\d{0,18}$/.test(etag)
}

/** What an answer holds, by its headers. */
function describe({ status, headers }: HttpResponse, key: string): { info: ObjectInfo; start: number; end: number } {
  const generation = headers.get('x-goog-generation')
  const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers.get('content-range') ?? '')
  const size = Number(range?.[3] ?? headers.get('x-goog-stored-content-length') ?? headers.get('content-length'))
  const modified = new Date(headers.get('last-modified') ?? headers.get('date') ?? '')
  if (generation === undefined || !Number.isSafeInteger(size) || Number.isNaN(modified.getTime()))
    throw unexpected('an object without its generation, size or time')
  if ((status === 206) !== (range !== null)) throw unexpected(`status ${status}`)
  const storageClass = headers.get('x-goog-storage-class')
  const info = { key, size, etag: generation, modified, ...(storageClass === undefined ? {} : { storageClass }) }
  return range === null ? { info, start: 0, end: size } : { info, start: Number(range[1]), end: Number(range[2]) + 1 }
}

function unexpected(what: string): LadingError {
  return new LadingError('protocol-error', `Google Cloud Storage answers with ${what} where an object was asked for`)
}

/** The body of an answer, which must have this size. Not a generator: `return` of one that was never started would leave the connection. */
function exactly(answer: HttpResponse, size: number): AsyncIterableIterator<Uint8Array> {
  const inner = answer.body[Symbol.asyncIterator]()
  let read = 0
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      const result = await inner.next()
      read += result.done ? 0 : result.value.byteLength
      if (read > size || (result.done && read < size)) {
        await inner.return?.()
        throw new LadingError('network', `${read} bytes came where ${size} were promised`)
      }
      return result
    },
    async return() {
      if (read === 0) await answer.discard()
      await inner.return?.()
      return { done: true, value: undefined }
    },
  }
}
