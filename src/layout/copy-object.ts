import type { ObjectInfo, ObjectStore } from '../stores/index.ts'
import type { Bytes } from '../streams/index.ts'

/** Copies an object byte for byte, of the version that `info` says. @throws LadingError `precondition-failed` where it has changed */
export async function copyObject(
  store: ObjectStore,
  { key, size, etag }: ObjectInfo,
  to: string,
  signal?: AbortSignal,
): Promise<void> {
  const bytes: Bytes = {
    size,
    async *open(from = 0, signal) {
      const ifMatch = etag === undefined ? {} : { ifMatch: etag }
      if (from < size) yield* (await store.get(key, { ...ifMatch, range: { start: from, end: size }, signal })).body
    },
  }
  await store.put(to, bytes, { signal })
}
