import type { ObjectInfo, ObjectStore } from '../../stores/index.ts'
import type { BlobCount } from './blob-table.ts'

/** How many objects begin with a prefix, and their bytes. */
export async function countObjects(
  store: ObjectStore,
  prefix: string,
  counts: (info: ObjectInfo) => boolean,
  signal?: AbortSignal,
): Promise<BlobCount> {
  let [blobs, bytes] = [0, 0]
  for await (const entry of store.list(prefix, { signal })) {
    if (entry.kind !== 'object' || !counts(entry.info)) continue
    blobs += 1
    bytes += entry.info.size
  }
  return { blobs, bytes }
}
