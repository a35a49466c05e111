import * as v from 'valibot'
import { isLadingError } from '../errors/index.ts'
import { type Digest, isDigest } from '../model/digest.ts'
import { limits } from '../model/limits.ts'
import { readJson } from '../model/read-json.ts'
import type { ObjectStore } from '../stores/index.ts'
import { changeObject } from './change-object.ts'
import { readBeginning } from './read-beginning.ts'
import { readDocument, type StoredDocument } from './read-document.ts'

/**
 * One push of a tag, as history.json holds it, newest first. s3lo writes the same:
 * `[{"pushed_at":"2026-04-13T13:22:09Z","digest":"sha256:2510…","size_bytes":0}]`, with 0 for the size of an index.
 */
export interface HistoryEntry {
  /** RFC 3339. */
  readonly pushed_at: string
  readonly digest: Digest
  /** Every blob and manifest of the image; 0 where nobody counted. */
  readonly size_bytes: number
}

/** Older entries are dropped: at some 140 bytes each the document stays well below `maxHistoryBytes`. */
const maxEntries = 10_000
const maxHistoryBytes = limits.historyBytes

const entrySchema = v.looseObject({
  pushed_at: v.pipe(
    v.string(),
    v.check(text => !Number.isNaN(Date.parse(text))),
  ),
  digest: v.custom<Digest>(value => typeof value === 'string' && isDigest(value)),
  size_bytes: v.fallback(v.pipe(v.number(), v.minValue(0)), 0),
})

/**
 * Reads a tag's history. It says what happened and decides nothing, so what cannot be understood is left out: a tag whose
 * history is damaged can be read.
 */
export async function readHistory(store: ObjectStore, key: string, signal?: AbortSignal): Promise<HistoryEntry[]> {
  try {
    const document = await readDocument(store, key, maxHistoryBytes, signal)
    return document === undefined ? [] : parseHistory(document.bytes)
  } catch (error) {
    if (isLadingError(error, 'too-large')) return []
    throw error
  }
}

/** Changes a history so that of many that do so at once nobody's change is lost. A damaged one is begun anew. */
export async function changeHistory(
  store: ObjectStore,
  key: string,
  change: (entries: readonly HistoryEntry[]) => readonly HistoryEntry[],
  signal?: AbortSignal,
): Promise<void> {
  await changeObject(
    store,
    key,
    () => readHistoryDocument(store, key, signal),
    old => new TextEncoder().encode(JSON.stringify(change(parseHistory(old)).slice(0, maxEntries))),
    signal,
  )
}

/** Of one that is too large the beginning: nobody can parse that, so it is as damaged as another. */
export async function readHistoryDocument(
  store: ObjectStore,
  key: string,
  signal?: AbortSignal,
): Promise<StoredDocument | undefined> {
  try {
    return await readDocument(store, key, maxHistoryBytes, signal)
  } catch (error) {
    if (!isLadingError(error, 'too-large')) throw error
    return await readBeginning(store, key, maxHistoryBytes, signal)
  }
}

/** Puts entries below those that are there already, each once. */
export async function mergeHistory(
  store: ObjectStore,
  key: string,
  older: readonly HistoryEntry[],
  signal?: AbortSignal,
): Promise<void> {
  const change = (entries: readonly HistoryEntry[]) => [
    ...entries,
    ...older.filter(entry => !entries.some(other => isSameEntry(other, entry))),
  ]
  await changeHistory(store, key, change, signal)
}

/** Fields that somebody else added to an entry are kept with it. */
export function parseHistory(bytes: Uint8Array | undefined): HistoryEntry[] {
  if (bytes === undefined) return []
  let value: unknown
  try {
    value = readJson(new TextDecoder().decode(bytes))
  } catch {
    return []
  }
  if (!Array.isArray(value)) return []
  return value.flatMap(entry => {
    const parsed = v.safeParse(entrySchema, entry)
    return parsed.success ? [parsed.output] : []
  })
}

export function historyEntry(digest: Digest, sizeBytes: number, time: Date): HistoryEntry {
  // Whole seconds, as s3lo writes them.
  return { pushed_at: time.toISOString().replace(/\.\d+Z$/, 'Z'), digest, size_bytes: sizeBytes }
}

export function isSameEntry(a: HistoryEntry, b: HistoryEntry): boolean {
  return a.digest === b.digest && a.pushed_at === b.pushed_at
}

/**
 * A history for who looks after the bucket: `whole` is whether all that it holds was understood.
 *
 * @returns `undefined` where there is none
 */
export async function examineHistory(
  store: ObjectStore,
  key: string,
  signal?: AbortSignal,
): Promise<{ readonly entries: readonly HistoryEntry[]; readonly whole: boolean } | undefined> {
  try {
    const document = await readDocument(store, key, maxHistoryBytes, signal)
    if (document === undefined) return undefined
    const entries = parseHistory(document.bytes)
    return { entries, whole: countEntries(document.bytes) === entries.length }
  } catch (error) {
    if (isLadingError(error, 'too-large')) return { entries: [], whole: false }
    throw error
  }
}

/** `undefined` where it is no list. */
function countEntries(bytes: Uint8Array): number | undefined {
  try {
    const value: unknown = readJson(new TextDecoder().decode(bytes))
    return Array.isArray(value) ? value.length : undefined
  } catch {
    return undefined
  }
}
