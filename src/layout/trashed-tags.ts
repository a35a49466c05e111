import type { ObjectInfo, ObjectStore } from '../stores/index.ts'
import { parseTrashKey, type TrashedFile, type TrashName, trashFolder, trashOfTag, trashPrefix } from './trash-keys.ts'

/** A deleted tag in the trash. */
export interface TrashedTag extends TrashName {
  /**
   * `false`: its manifest.json, which is put there last, is not. Whoever was deleting the tag was killed, and the tag is still there, or
   * it is doing so now.
   */
  readonly complete: boolean
  /** By the store's own clock. */
  readonly deletedAt: Date
  readonly objects: ReadonlyMap<TrashedFile, ObjectInfo>
}

/**
 * What is in the trash, in the order of the keys: of each tag the oldest first. `start` is what the images' names begin with.
 * What is not `complete` can be removed once nobody can be working at it any more.
 */
export function listTrashedTags(
  store: ObjectStore,
  start = '',
  signal?: AbortSignal,
): AsyncGenerator<TrashedTag, void, undefined> {
  return listTrash(store, trashPrefix(start), signal)
}

/** The deletions of one tag, the oldest first. */
export async function* trashOf(
  store: ObjectStore,
  image: string,
  tag: string,
  signal?: AbortSignal,
): AsyncGenerator<TrashedTag, void, undefined> {
  for await (const trashed of listTrash(store, trashOfTag(image, tag), signal)) if (trashed.complete) yield trashed
}

export async function newestTrashOf(
  store: ObjectStore,
  image: string,
  tag: string,
  signal?: AbortSignal,
): Promise<TrashedTag | undefined> {
  let newest: TrashedTag | undefined
  for await (const trashed of trashOf(store, image, tag, signal)) newest = trashed
  return newest
}

/** Removes a deleted tag from the trash; manifest.json first, so that what is left of a kill is seen to be no whole one. */
export async function removeTrashedTag(store: ObjectStore, trashed: TrashName, signal?: AbortSignal): Promise<void> {
  const folder = trashFolder(trashed)
  await store.delete(`${folder}manifest.json`, { signal })
  for await (const entry of store.list(folder, { signal })) {
    if (entry.kind === 'object') await store.delete(entry.info.key, { signal })
  }
}

async function* listTrash(
  store: ObjectStore,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<TrashedTag, void, undefined> {
  let name: TrashName | undefined
  let objects = new Map<TrashedFile, ObjectInfo>()
  for await (const entry of store.list(prefix, { signal })) {
    const parsed = entry.kind === 'object' ? parseTrashKey(entry.info.key) : undefined
    if (entry.kind !== 'object' || parsed === undefined) continue
    const { file, ...found } = parsed
    if (name !== undefined && trashFolder(name) !== trashFolder(found)) {
      yield trashedTag(name, objects)
      objects = new Map()
    }
    name = found
    objects.set(file, entry.info)
  }
  if (name !== undefined) yield trashedTag(name, objects)
}

function trashedTag(name: TrashName, objects: ReadonlyMap<TrashedFile, ObjectInfo>): TrashedTag {
  const manifest = objects.get('manifest.json')
  const newest = Math.max(...[...objects.values()].map(({ modified }) => modified.getTime()))
  return { ...name, complete: manifest !== undefined, deletedAt: manifest?.modified ?? new Date(newest), objects }
}
