import { parseTagKey, tagsPrefix } from '../layout/index.ts'
import type { ObjectInfo, ObjectStore } from '../stores/index.ts'
import { compileImagePattern } from './image-pattern.ts'

/** A tag as a listing has it. */
export interface TagEntry {
  readonly image: string
  readonly tag: string
  /** Of the object that is the tag. */
  readonly info: ObjectInfo
}

/** The tags of a store whose image `path` names, or lies below, or matches, in the order of their keys, a page at a time. */
export async function* listTags(
  store: ObjectStore,
  path: string,
  signal?: AbortSignal,
): AsyncGenerator<TagEntry, void, undefined> {
  const { start, matches } = await compileImagePattern(path)
  for await (const entry of store.list(tagsPrefix(start), { signal })) {
    const name = entry.kind === 'object' ? parseTagKey(entry.info.key) : undefined
    if (name !== undefined && entry.kind === 'object' && matches(name.image)) yield { ...name, info: entry.info }
  }
}
