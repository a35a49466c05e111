import { randomUUID } from 'node:crypto'
import * as v from 'valibot'
import { isLadingError, LadingError } from '../errors/index.ts'
import { type Digest, type DigestAlgorithm, digestParts, isDigest } from '../model/digest.ts'
import { limits } from '../model/limits.ts'
import { readJson } from '../model/read-json.ts'
import type { ObjectStore } from '../stores/index.ts'
import { condemnedPrefix } from './keys.ts'
import { readDocument } from './read-document.ts'

/** Blobs that one record holds at most: some 80 KB. */
export const maxCondemned = 1000
const maxRecordBytes = limits.condemnedBytes
/** Of a digest, in a record's key. */
const keyDigits = 16

/**
 * Blobs that nothing names any more, and that will be deleted. The record is one object that is only ever changed under a condition,
 * so of a push that lifts a blob and a clean that is about to delete it exactly one comes first, and the other one sees it.
 */
export interface CondemnedBlobs {
  readonly key: string
  readonly etag: string
  /** `deleting`: whoever wrote this deletes every blob in it, and then the record. */
  readonly state: 'condemned' | 'deleting'
  /** When they were condemned, by the store's clock. */
  readonly since: Date
  /** When the record was last written. */
  readonly touched: Date
  /** In bytes, by digest. */
  readonly blobs: ReadonlyMap<Digest, number>
}

/** Where a record is, and the beginnings of the first and the last digest in it. */
export interface CondemnedRange {
  readonly key: string
  readonly algorithm: DigestAlgorithm
  readonly first: string
  readonly last: string
}

const schema = v.object({
  state: v.picklist(['condemned', 'deleting']),
  // Not in the first version: then the object's own time is it.
  since: v.exactOptional(v.pipe(v.string(), v.isoTimestamp())),
  blobs: v.record(v.string(), v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
})

/** Condemns blobs of one algorithm, sorted. */
export async function condemnBlobs(
  store: ObjectStore,
  blobs: ReadonlyMap<Digest, number>,
  signal?: AbortSignal,
): Promise<void> {
  const digests = [...blobs.keys()]
  const [first, last] = [digests[0], digests.at(-1)]
  if (first === undefined || last === undefined) return
  const { algorithm } = digestParts(first)
  const short = (digest: Digest) => digestParts(digest).hex.slice(0, keyDigits)
  const key = `${condemnedPrefix}${algorithm}/${short(first)}-${short(last)}-${randomUUID()}`
  await store.put(key, encode('condemned', undefined, blobs), { signal })
}

export async function* listCondemned(
  store: ObjectStore,
  signal?: AbortSignal,
): AsyncGenerator<CondemnedRange, void, undefined> {
  for await (const entry of store.list(condemnedPrefix, { signal })) {
    const range = entry.kind === 'object' ? parseKey(entry.info.key) : undefined
    if (range !== undefined) yield range
  }
}

/** Whether a record may hold a digest. */
export function mayHold({ algorithm, first, last }: CondemnedRange, digest: Digest): boolean {
  const parts = digestParts(digest)
  const short = parts.hex.slice(0, keyDigits)
  return parts.algorithm === algorithm && first <= short && short <= last
}

/** `undefined` where it is gone. @throws LadingError `bad-layout` */
export async function readCondemned(
  store: ObjectStore,
  range: CondemnedRange,
  signal?: AbortSignal,
): Promise<CondemnedBlobs | undefined> {
  const { key, algorithm } = range
  const document = await readDocument(store, key, maxRecordBytes, signal)
  if (document === undefined) return undefined
  const { etag, modified } = document.info
  try {
    const { state, since, blobs } = v.parse(schema, readJson(new TextDecoder().decode(document.bytes)))
    const digests = new Map<Digest, number>()
    for (const [hex, size] of Object.entries(blobs)) {
      const digest = `${algorithm}:${hex}`
      if (!isDigest(digest)) throw new Error(`${hex} is no digest`)
      digests.set(digest, size)
    }
    if (etag === undefined) throw new LadingError('internal', `the store gave no etag for ${key}`)
    const at = since === undefined ? modified : new Date(since)
    return { key, etag, state, since: at, touched: modified, blobs: digests }
  } catch (cause) {
    if (isLadingError(cause)) throw cause
    throw new LadingError('bad-layout', 'the record of condemned blobs cannot be read', {
      subject: key,
      hint: 'delete this object: the blobs that it names are condemned again where nothing needs them',
      cause,
    })
  }
}

/**
 * Writes a record anew. Its blobs may only become fewer; when none is left it goes.
 *
 * @returns the new version; `undefined` where somebody else has changed it meanwhile, and nothing was written
 */
export async function rewriteCondemned(
  store: ObjectStore,
  record: CondemnedBlobs,
  change: { readonly state: CondemnedBlobs['state']; readonly blobs: ReadonlyMap<Digest, number> },
  signal?: AbortSignal,
): Promise<CondemnedBlobs | undefined> {
  try {
    const bytes = encode(change.state, record.since, change.blobs)
    const { etag, modified } = await store.put(record.key, bytes, { ifMatch: record.etag, signal })
    // Nobody adds to a record, so nothing can be lost with an empty one.
    if (change.blobs.size === 0) await deleteEmpty(store, record.key, signal)
    if (etag === undefined) throw new LadingError('internal', `the store gave no etag for ${record.key}`)
    return { ...record, ...change, etag, touched: modified }
  } catch (error) {
    if (isLadingError(error, 'precondition-failed')) return undefined
    throw error
  }
}

/** Whoever may push need not be allowed to delete: then the next clean does it. */
async function deleteEmpty(store: ObjectStore, key: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await store.delete(key, { signal })
  } catch (error) {
    if (!isLadingError(error, 'denied')) throw error
  }
}

function parseKey(key: string): CondemnedRange | undefined {
  const match = /^(sha256|sha512)\/([0-9a-f]+)-([0-9a-f]+)-/.exec(key.slice(condemnedPrefix.length))
  if (match === null) return undefined
  const [, algorithm, first = '', last = ''] = match
  return { key, algorithm: algorithm === 'sha512' ? 'sha512' : 'sha256', first, last }
}

function encode(
  state: CondemnedBlobs['state'],
  since: Date | undefined,
  blobs: ReadonlyMap<Digest, number>,
): Uint8Array {
  const sizes = Object.fromEntries([...blobs].map(([digest, size]) => [digestParts(digest).hex, size]))
  const record = { state, ...(since === undefined ? {} : { since: since.toISOString() }), blobs: sizes }
  return new TextEncoder().encode(JSON.stringify(record))
}
