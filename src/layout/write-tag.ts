import { isLadingError } from '../errors/index.ts'
import type { Digest } from '../model/digest.ts'
import type { ObjectStore } from '../stores/index.ts'
import { changeHistory, type HistoryEntry, historyEntry, isSameEntry, readHistory } from './history.ts'
import { type TagKeys, tagKeys } from './keys.ts'
import { afterLostRace, overVersion } from './lost-race.ts'
import { writeMarker } from './marker.ts'
import { readTag, type TagRecord, tagHolds } from './tag-record.ts'
import { type TagCondition, whyRefused } from './tag-refusal.ts'

export interface TagWrite extends TagCondition {
  /** The root: its digest and exact bytes. Everything that it names is stored. */
  readonly digest: Digest
  readonly bytes: Uint8Array
  /** Bytes of every blob and manifest of the image, for the history. */
  readonly imageBytes: number
  readonly now?: () => Date
}

export interface TagWritten {
  /** `false`: the tag held this root already, and nothing was written. */
  readonly changed: boolean
  readonly previous?: Digest
}

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
    const refused = await whyRefused(store, write, old)
    if (refused !== undefined) {
      if (entered !== undefined) await withdrawPush(store, keys, entered, signal)
      throw refused
    }
    const first = entered === undefined
    entered = await enterPush(store, keys, write, old, entered)
    if (first || old === undefined) await writeMarker(store, keys, signal)
    try {
      await store.put(keys.manifest, bytes, { ...overVersion(old?.info), signal })
      if (old === undefined) await confirmPush(store, keys, write, entered)
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
export async function checkTagWrite(store: ObjectStore, write: TagCondition & Pick<TagWrite, 'digest'>): Promise<void> {
  const old = await readTag(store, write.image, write.tag, write.signal)
  if (old !== undefined && tagHolds(old, write.digest)) return
  const refused = await whyRefused(store, write, old)
  if (refused !== undefined) throw refused
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

/**
 * `deleteTag` removes the history after the tag, and looks for the tag once more when that is done; whoever creates a tag looks for
 * its entry when the tag is there. So one of the two sees what the other did, and the entry is there in the end.
 */
async function confirmPush(store: ObjectStore, keys: TagKeys, write: TagWrite, entered: HistoryEntry): Promise<void> {
  const { digest, signal } = write
  const isThere = (entries: readonly HistoryEntry[]) => entries.some(entry => entry.digest === digest)
  if (isThere(await readHistory(store, keys.history, signal))) return
  // It may be gone again by now: then there is nothing to tell of.
  if ((await store.head(keys.manifest, { signal })) === undefined) return
  const change = (entries: readonly HistoryEntry[]) => (isThere(entries) ? entries : [entered, ...entries])
  await changeHistory(store, keys.history, change, signal)
  await writeMarker(store, keys, signal)
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
