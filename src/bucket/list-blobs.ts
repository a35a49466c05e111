import { type Digest, type DigestAlgorithm, isDigest } from '../model/digest.ts'
import type { ListEntry, ObjectInfo, ObjectStore } from '../stores/index.ts'
import { mapInOrder } from '../streams/index.ts'

/** A blob as a listing has it. */
export interface StoredBlob {
  readonly digest: Digest
  readonly info: ObjectInfo
}

const algorithms = ['sha256', 'sha512'] as const
/** So many blobs are listed one after the other before it is worth the requests to list many prefixes at once. */
const firstEntries = 2000
/** So many prefixes are listed at once. They are chosen so long that each is of no more blobs than this, which are read ahead. */
const prefixesAtOnce = 16
const entriesAhead = 2500
const maxDigits = 4

/**
 * Every blob of a store, in the order of their digests. What is no blob's key is passed over. No more is held than the pages of some
 * prefixes; a store whose listing reads whole folders is listed page by page.
 */
export async function* listBlobs(
  store: ObjectStore,
  signal?: AbortSignal,
): AsyncGenerator<StoredBlob, void, undefined> {
  for (const algorithm of algorithms) {
    for await (const entry of listFolder(store, `blobs/${algorithm}/`, signal)) {
      if (entry.kind !== 'object') continue
      const digest = digestIn(entry.info.key, algorithm)
      if (digest !== undefined) yield { digest, info: entry.info }
    }
  }
}

function digestIn(key: string, algorithm: DigestAlgorithm): Digest | undefined {
  const digest = `${algorithm}:${key.slice(key.lastIndexOf('/') + 1)}`
  return isDigest(digest) && key === `blobs/${algorithm}/${digest.slice(algorithm.length + 1)}` ? digest : undefined
}

async function* listFolder(
  store: ObjectStore,
  folder: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ListEntry, void, undefined> {
  let count = 0
  let last = ''
  for await (const entry of store.list(folder, { signal })) {
    yield entry
    count += 1
    if (count < firstEntries || store.listing !== 'by-prefix' || entry.kind !== 'object') continue
    last = entry.info.key
    break
  }
  if (last !== '') yield* listRest(store, folder, last, signal)
}

/** What follows a key: that with its own digits first, then all that come after them, several at once. */
async function* listRest(
  store: ObjectStore,
  folder: string,
  last: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ListEntry, void, undefined> {
  const count = digitsFor(last.slice(folder.length))
  const digits = last.slice(folder.length, folder.length + count)
  const all = Array.from({ length: 16 ** count }, (_, at) => at.toString(16).padStart(count, '0'))
  const rest = all.filter(prefix => prefix >= digits)
  const listed = mapInOrder(rest, prefixesAtOnce, async prefix => {
    const options = { ...(prefix === digits ? { startAfter: last } : {}), signal }
    return await begin(store.list(folder + prefix, options))
  })
  for await (const entries of listed) yield* entries
}

/** Digests are spread evenly: where the first have ended tells how many there are. */
function digitsFor(hex: string): number {
  const part = (Number.parseInt(hex.slice(0, 8), 16) + 1) / 2 ** 32
  const blobs = firstEntries / (Number.isNaN(part) ? 1 : part)
  for (let digits = 1; digits < maxDigits; digits++) if (blobs / 16 ** digits <= entriesAhead) return digits
  return maxDigits
}

/** Reads some pages before they are asked for. What is longer goes on when its turn has come. */
async function begin(list: AsyncIterable<ListEntry>): Promise<AsyncIterable<ListEntry>> {
  const ahead: ListEntry[] = []
  const iterator = list[Symbol.asyncIterator]()
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    if (ahead.push(next.value) === entriesAhead) break
  }
  return chained(ahead, iterator)
}

async function* chained(
  ahead: readonly ListEntry[],
  iterator: AsyncIterator<ListEntry>,
): AsyncGenerator<ListEntry, void, undefined> {
  try {
    yield* ahead
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value
  } finally {
    await iterator.return?.()
  }
}
