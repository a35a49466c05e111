import { isDeepStrictEqual } from 'node:util'
import { isLadingError } from '../errors/index.ts'
import type { Digest } from '../model/digest.ts'
import type { ObjectInfo, ObjectStore } from '../stores/index.ts'
import { copyObject } from './copy-object.ts'
import { type HistoryEntry, mergeHistory, parseHistory, readHistoryDocument } from './history.ts'
import { type TagKeys, tagKeys } from './keys.ts'
import { afterLostRace, overVersion } from './lost-race.ts'
import { writeMarker } from './marker.ts'
import { readRoot, readTag, type TagRecord } from './tag-record.ts'
import { type TagCondition, whyRefused } from './tag-refusal.ts'
import { type TrashName, trashFolder, trashStamp } from './trash-keys.ts'
import { newestTrashOf, removeTrashedTag } from './trashed-tags.ts'

export interface TagDeletion extends TagCondition {
  /** Delete the tag only if it holds this digest. */
  readonly expect?: Digest | undefined
  /** Keep what belongs to the tag in the trash. */
  readonly keepTrash: boolean
  readonly now?: () => Date
}

export interface TagDeleted {
  /** What the tag held. */
  readonly digest: Digest
  /** Where it is kept now. */
  readonly trash?: TrashName
}

/**
 * Deletes a tag: its own objects, each by its name and never a prefix, since an image `app/v1` lives below the tag `app:v1`. Blobs
 * stay: other tags may need them.
 *
 * Everything is copied to the trash first, manifest.json last, so what is in the trash is whole. Then manifest.json goes, under the
 * condition that it is what was copied: in that moment the tag is gone. The rest follows. A kill leaves the tag, or its whole copy in
 * the trash; the same call finishes what is left. Of a tag that is pushed again meanwhile neither root nor history entry is lost;
 * `writeTag` does its part of that.
 *
 * @returns `undefined` where there is no such tag
 * @throws LadingError `tag-exists` where the tag is immutable, `precondition-failed` where it does not hold `expect`
 */
export async function deleteTag(store: ObjectStore, deletion: TagDeletion): Promise<TagDeleted | undefined> {
  const { image, tag, keepTrash, signal, now = () => new Date() } = deletion
  const keys = tagKeys(image, tag)
  for (let attempt = 1; ; attempt++) {
    const old = await readTag(store, image, tag, signal)
    if (old === undefined) return await finishDeletion(store, deletion)
    const refused = await whyRefused(store, deletion, old, 'delete')
    if (refused !== undefined) throw refused
    const trash = { image, tag, stamp: trashStamp(now()) }
    const belongings = await readBelongings(store, keys, signal)
    try {
      if (keepTrash) await copyToTrash(store, trashFolder(trash), old, belongings, signal)
      await store.delete(keys.manifest, { ...ifMatch(old.info), signal })
    } catch (error) {
      if (!isLadingError(error, 'precondition-failed')) throw error
      // It is not what was copied any more.
      if (keepTrash) await removeTrashedTag(store, trash, signal)
      await afterLostRace(attempt, error, signal)
      continue
    }
    await removeBelongings(store, keys, belongings, signal)
    return { digest: old.digest, ...(keepTrash ? { trash } : {}) }
  }
}

/**
 * What a tag holds that `deleteTag` would delete now, and `undefined` where there is none.
 *
 * @throws LadingError what `deleteTag` would throw
 */
export async function checkTagDeletion(
  store: ObjectStore,
  deletion: Omit<TagDeletion, 'keepTrash' | 'now'>,
): Promise<Digest | undefined> {
  const old = await readTag(store, deletion.image, deletion.tag, deletion.signal)
  const refused = old === undefined ? undefined : await whyRefused(store, deletion, old, 'delete')
  if (refused !== undefined) throw refused
  return old?.digest
}

/** What belongs to a tag beside its root. */
interface Belongings {
  readonly history: ObjectInfo | undefined
  readonly entries: readonly HistoryEntry[]
  readonly marker: ObjectInfo | undefined
  readonly signatures: readonly ObjectInfo[]
}

async function readBelongings(store: ObjectStore, keys: TagKeys, signal?: AbortSignal): Promise<Belongings> {
  const [history, marker, signatures] = await Promise.all([
    readHistoryObject(store, keys.history, signal),
    store.head(keys.marker, { signal }),
    signaturesOf(store, keys, signal),
  ])
  return { ...history, marker, signatures }
}

/** Directly below the tag; `signatures` is no component of an image's name, so they are the tag's own. */
async function signaturesOf(store: ObjectStore, { signatures }: TagKeys, signal?: AbortSignal): Promise<ObjectInfo[]> {
  const found: ObjectInfo[] = []
  for await (const entry of store.list(signatures, { delimiter: '/', signal })) {
    if (entry.kind === 'object') found.push(entry.info)
  }
  return found
}

async function copyToTrash(
  store: ObjectStore,
  folder: string,
  { bytes, info, cut }: TagRecord,
  { history, marker, signatures }: Belongings,
  signal?: AbortSignal,
): Promise<void> {
  if (history !== undefined) await copyObject(store, history, `${folder}history.json`, signal)
  if (marker !== undefined) await copyObject(store, marker, `${folder}oci-layout`, signal)
  for (const signature of signatures) {
    const name = signature.key.slice(signature.key.lastIndexOf('/') + 1)
    await copyObject(store, signature, `${folder}signatures/${name}`, signal)
  }
  if (cut) await copyObject(store, info, `${folder}manifest.json`, signal)
  else await store.put(`${folder}manifest.json`, bytes, { signal })
}

/**
 * A push that has begun meanwhile has changed the history: then it stays. One that enters the same bytes again is not seen so (the
 * etag of some stores is made of them), and therefore the tag is looked for when all is gone.
 *
 * The marker goes before the history, and a push writes it after: so it is missing only where the history is, too.
 */
async function removeBelongings(
  store: ObjectStore,
  keys: TagKeys,
  { history, entries: lost, marker, signatures }: Belongings,
  signal?: AbortSignal,
): Promise<void> {
  for (const signature of signatures) await deleteSignature(store, signature, signal)
  if (marker !== undefined) await store.delete(keys.marker, { signal })
  try {
    if (history !== undefined) await store.delete(keys.history, { ...ifMatch(history), signal })
  } catch (error) {
    if (!isLadingError(error, 'precondition-failed')) throw error
    await writeMarker(store, keys, signal)
    return
  }
  if ((await store.head(keys.manifest, { signal })) === undefined) return
  if (lost.length > 0) await mergeHistory(store, keys.history, lost, signal)
  await writeMarker(store, keys, signal)
}

/** One that was made since, of what the tag holds now, stays. */
async function deleteSignature(store: ObjectStore, { key, etag }: ObjectInfo, signal?: AbortSignal): Promise<void> {
  try {
    await store.delete(key, { ...(etag === undefined ? {} : { ifMatch: etag }), signal })
  } catch (error) {
    if (!isLadingError(error, 'precondition-failed')) throw error
  }
}

/**
 * Who was deleting the tag was killed after its root was gone: then its history, which goes last, is the one in the trash. Any other is
 * what a push writes before its root, and that may be under way.
 */
async function finishDeletion(
  store: ObjectStore,
  { image, tag, signal }: TagDeletion,
): Promise<TagDeleted | undefined> {
  const keys = tagKeys(image, tag)
  const left = await readBelongings(store, keys, signal)
  if (left.history === undefined && left.marker === undefined && left.signatures.length === 0) return undefined
  const newest = await newestTrashOf(store, image, tag, signal)
  if (newest === undefined) return undefined
  const trash = { image, tag, stamp: newest.stamp }
  const folder = trashFolder(trash)
  const { entries } = await readHistoryObject(store, `${folder}history.json`, signal)
  const root = await readRoot(store, `${folder}manifest.json`, signal)
  if (root === undefined || !isDeepStrictEqual(entries, left.entries)) return undefined
  await removeBelongings(store, keys, left, signal)
  return { digest: root.digest, trash }
}

async function readHistoryObject(
  store: ObjectStore,
  key: string,
  signal?: AbortSignal,
): Promise<Pick<Belongings, 'history' | 'entries'>> {
  const document = await readHistoryDocument(store, key, signal)
  return { history: document?.info, entries: parseHistory(document?.bytes) }
}

function ifMatch(info: ObjectInfo) {
  const { ifMatch } = overVersion(info)
  return ifMatch === undefined ? {} : { ifMatch }
}
