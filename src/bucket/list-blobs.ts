import { type Digest, isDigest } from '../model/digest.ts'
import type { ObjectInfo, ObjectStore } from '../stores/index.ts'

/** A blob as a listing has it. */
export interface StoredBlob {
  readonly digest: Digest
  readonly info: ObjectInfo
}

const algorithms = ['sha256', 'sha512'] as const

/** Every blob of a store, in the order of their digests, a page at a time. What is no blob's key is passed over. */
export async function* listBlobs(
  store: ObjectStore,
  signal?: AbortSignal,
): AsyncGenerator<StoredBlob, void, undefined> {
  for (const algorithm of algorithms) {
    const folder = `blobs/${algorithm}/`
    for await (const entry of store.list(folder, { signal })) {
      if (entry.kind !== 'object') continue
      const digest = `${algorithm}:${entry.info.key.slice(folder.length)}`
      if (isDigest(digest)) yield { digest, info: entry.info }
    }
  }
}
