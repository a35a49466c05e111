import { isGlob, parseTagKey, tagsPrefix } from '../layout/index.ts'
import type { ObjectInfo, ObjectStore } from '../stores/index.ts'
import { isWithin } from './is-within.ts'

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
  const covers = await isWithin(path)
  const folder = isGlob(path) ? literalFolder(path) : path === '' || path.endsWith('/') ? path : `${path}/`
  for await (const entry of store.list(tagsPrefix(folder), { signal })) {
    const name = entry.kind === 'object' ? parseTagKey(entry.info.key) : undefined
    if (name !== undefined && entry.kind === 'object' && covers(name.image)) yield { ...name, info: entry.info }
  }
}

/** What stands before the first component with a wildcard: the listing need not look elsewhere. */
function literalFolder(glob: string): string {
  const literal = glob.slice(0, glob.search(/[*?[\]{}]/))
  return literal.slice(0, literal.lastIndexOf('/') + 1)
}
