import { parseTagKey, tagsPrefix } from '../../layout/index.ts'
import type { ObjectInfo, ObjectStore } from '../../stores/index.ts'
import type { TagEntry } from '../list-tags.ts'

/** A tag, or a root that another tool has stored under a name which can be no tag here, as `app:v1+5`: nobody here can name it, and it needs its blobs. */
export type RootEntry = TagEntry | { readonly image?: never; readonly tag?: never; readonly info: ObjectInfo }

/** Everything below `manifests/` that needs blobs. */
export async function* listRoots(store: ObjectStore, signal?: AbortSignal): AsyncGenerator<RootEntry, void, undefined> {
  for await (const entry of store.list(tagsPrefix(), { signal })) {
    if (entry.kind !== 'object') continue
    const { info } = entry
    const name = parseTagKey(info.key)
    if (name !== undefined) yield { ...name, info }
    else if (/(?<!\/signatures)\/manifest\.json$/.test(info.key)) yield { info }
  }
}
