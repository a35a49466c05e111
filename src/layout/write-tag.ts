import { isLadingError, LadingError } from '../errors/index.ts'
import type { Digest } from '../model/digest.ts'
import type { ObjectStore } from '../stores/index.ts'
import { changeHistory, type HistoryEntry, historyEntry, readHistory } from './history.ts'
import { type TagKeys, tagKeys } from './keys.ts'
import { afterLostRace, overVersion } from './lost-race.ts'
import { readTag, type TagRecord, tagHolds } from './tag-record.ts'

export interface TagWrite {
  readonly image: string
  readonly tag: string
  /** The root: its digest and exact bytes. Everything that it names is stored. */
  readonly digest: Digest
  readonly bytes: Uint8Array
  /** Bytes of every blob and manifest of the image, for the history. */
  readonly imageBytes: number
  /** The tag may be created, but not moved. */
  readonly immutable: boolean
  /** What the tag must hold before: nothing, or this digest. */
  readonly expect?: 'absent' | Digest | undefined
  readonly now?: () => Date
  readonly signal?: AbortSignal | undefined
}

export interface TagWritten {
  /** `false`: the tag held this root already, and nothing was written. */
  readonly changed: boolean
  readonly previous?: Digest
}

const marker = new TextEncoder().encode('{"imageLayoutVersion":"1.0.0"}')

/**
 * Makes a tag, or moves it.
 *
 * manifest.json is the tag: it is written last and under a condition, so a kill at any moment leaves the old tag or the new one.
 * The history entry comes before it, and so no tag is ever visible without its entry. The other order would leave one whose size and
 * time nobody knows after a kill between the two, and nobody would know that something is missing. This order can leave an
 * entry whose root never became visible: the same push, done again, takes it over, and until then the history says what is true,
 * that it was pushed.
 *
 * Of several writers of a mutable tag each succeeds in turn, and the last one's entry is the newest, since whoever lost a race
 * moves its entry to the front before it tries again. Of several that create an immutable tag one wins; the others take
 * their entries back.
 *
 * @throws LadingError `tag-exists` where the tag is immutable or expected to be absent and holds another root, `precondition-failed`
 * where it does not hold the digest that it is expected to hold
 */
export async function writeTag(store: ObjectStore, write: TagWrite): Promise<TagWritten> {
  const { image, tag, digest, bytes, signal } = write
  const keys = tagKeys(image, tag)
  let entered: HistoryEntry | undefined
  for (let attempt = 1; ; attempt++) {
    const old = await readTag(store, image, tag, signal)
    if (old !== undefined && tagHolds(old, digest)) return { changed: false, previous: digest }
    const refused = await whyRefused(store, keys, write, old)
    if (refused !== undefined) {
      if (entered !== undefined) await withdrawPush(store, keys, entered, signal)
      throw refused
    }
    if (entered === undefined) await writeMarker(store, keys, signal)
    entered = await enterPush(store, keys, write, old, entered)
    try {
      await store.put(keys.manifest, bytes, { ...overVersion(old?.info), signal })
      return { changed: true, ...(old === undefined ? {} : { previous: old.digest }) }
    } catch (error) {
      if (!isLadingError(error, 'precondition-failed')) throw error
      await afterLostRace(attempt, error, signal)
    }
  }
}

/**
 * Fails where a tag could not be written, so that nothing is moved in vain. `writeTag` asks again: a tag may come meanwhile.
 *
 * @throws LadingError what `writeTag` would throw
 */
export async function checkTagWrite(
  store: ObjectStore,
  write: Pick<TagWrite, 'image' | 'tag' | 'digest' | 'immutable' | 'expect' | 'signal'>,
): Promise<void> {
  const old = await readTag(store, write.image, write.tag, write.signal)
  if (old !== undefined && tagHolds(old, write.digest)) return
  const refused = await whyRefused(store, tagKeys(write.image, write.tag), write, old)
  if (refused !== undefined) throw refused
}

async function writeMarker(store: ObjectStore, keys: TagKeys, signal: AbortSignal | undefined): Promise<void> {
  try {
    await store.put(keys.marker, marker, { ifNoneMatch: '*', signal })
  } catch (error) {
    if (!isLadingError(error, 'precondition-failed')) throw error
  }
}

/**
 * Puts this push first in the history, once. `earlier` is its entry of an attempt that lost a race; a newest entry of the same
 * digest is that of a run that was killed. A root that is visible without an entry gets one: s3lo writes the entry after the tag.
 */
async function enterPush(
  store: ObjectStore,
  keys: TagKeys,
  { digest, imageBytes, now = () => new Date(), signal }: TagWrite,
  old: TagRecord | undefined,
  earlier: HistoryEntry | undefined,
): Promise<HistoryEntry> {
  const entry = historyEntry(digest, imageBytes, now())
  let equalsBefore: number | undefined
  const change = (entries: readonly HistoryEntry[]) => {
    let others = without(entries, earlier)
    // One more than there was is ours: a write whose answer was lost is made again. What was there is another push of that second.
    const equals = others.filter(other => isSameEntry(other, entry)).length
    equalsBefore ??= equals
    if (equals > equalsBefore) others = without(others, entry)
    if (others[0]?.digest === digest) others.shift()
    const missing = old !== undefined && !others.some(other => tagHolds(old, other.digest))
    return [entry, ...(missing ? [historyEntry(old.digest, 0, old.info.modified)] : []), ...others]
  }
  await changeHistory(store, keys.history, change, signal)
  return entry
}

async function withdrawPush(
  store: ObjectStore,
  keys: TagKeys,
  entered: HistoryEntry,
  signal: AbortSignal | undefined,
): Promise<void> {
  await changeHistory(store, keys.history, entries => without(entries, entered), signal)
}

function without(entries: readonly HistoryEntry[], entry: HistoryEntry | undefined): HistoryEntry[] {
  const at = entry === undefined ? -1 : entries.findIndex(other => isSameEntry(other, entry))
  return at === -1 ? [...entries] : entries.toSpliced(at, 1)
}

function isSameEntry(a: HistoryEntry, b: HistoryEntry): boolean {
  return a.digest === b.digest && a.pushed_at === b.pushed_at
}

/** The error that keeps a tag from being written over what it holds now, if there is one. */
async function whyRefused(
  store: ObjectStore,
  keys: TagKeys,
  { image, tag, immutable, expect, signal }: Pick<TagWrite, 'image' | 'tag' | 'immutable' | 'expect' | 'signal'>,
  old: TagRecord | undefined,
): Promise<LadingError | undefined> {
  const name = `${image}:${tag}`
  if (old === undefined) {
    if (expect === undefined || expect === 'absent') return undefined
    return new LadingError('precondition-failed', `${name} does not exist, and was expected to hold ${expect}`)
  }
  const held = async () => {
    const entries = await readHistory(store, keys.history, signal)
    const time = entries.find(entry => tagHolds(old, entry.digest))?.pushed_at ?? old.info.modified.toISOString()
    return `holds ${old.digest}, pushed ${time}`
  }
  if (expect === 'absent') {
    return new LadingError('tag-exists', `${name} exists: it ${await held()}`, { hint: 'choose another tag' })
  }
  if (expect !== undefined && !tagHolds(old, expect)) {
    return new LadingError('precondition-failed', `${name} ${await held()}, and was expected to hold ${expect}`)
  }
  if (!immutable) return undefined
  const hint = 'choose another tag, or move this one with --force'
  return new LadingError('tag-exists', `${name} is immutable and ${await held()}`, { operation: 'write tag', hint })
}
