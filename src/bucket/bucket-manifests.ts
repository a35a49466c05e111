import { LRUCache } from 'lru-cache'
import { isLadingError } from '../errors/index.ts'
import { blobKey, readDocument } from '../layout/index.ts'
import type { Node } from '../model/descriptor.ts'
import { digestOf, digestParts } from '../model/digest.ts'
import { childrenOf, type Manifest, maxManifestBytes, parseManifest } from '../model/manifest.ts'
import type { ObjectStore } from '../stores/index.ts'

/** What a manifest says, or why nobody can tell. */
export type ManifestRead =
  | { readonly manifest: Manifest; readonly bytes: number }
  | { readonly manifest: undefined; readonly flaw: 'absent' | 'damaged'; readonly why: string }

/** The manifests that stand under `blobs/`. */
export interface BucketManifests {
  /** @throws LadingError what the store throws: that a manifest cannot be reached says nothing of it */
  read(node: Node, signal?: AbortSignal): Promise<ManifestRead>
  /** Reads it anew when it is next asked for: it has been written since. */
  forget(node: Node): void
}

/**
 * So much is remembered, in nodes that manifests name, at some 400 bytes each: a platform manifest is shared by the tags of an image more
 * often than not.
 */
const rememberedNodes = 10_000

export function bucketManifests(store: ObjectStore): BucketManifests {
  const known = new LRUCache<string, Promise<ManifestRead>>({ maxSize: rememberedNodes })
  return {
    read(node, signal) {
      const before = known.get(node.digest)
      if (before !== undefined) return before
      const read = readManifest(store, node, signal)
      known.set(node.digest, read, { size: 1 })
      const forget = () => known.peek(node.digest) === read && known.delete(node.digest)
      read.then(({ manifest }) => {
        // What the cache holds already it does not weigh anew.
        if (manifest !== undefined && forget()) {
          known.set(node.digest, read, { size: 1 + childrenOf(manifest).length })
        }
      }, forget)
      return read
    },
    forget: ({ digest }) => void known.delete(digest),
  }
}

/** What a root says: the bytes of a tag, which is its own only copy. */
export function parseRoot(bytes: Uint8Array): ManifestRead {
  try {
    return { manifest: parseManifest(bytes), bytes: bytes.byteLength }
  } catch (error) {
    return damaged(error)
  }
}

async function readManifest(
  store: ObjectStore,
  { digest, mediaType }: Node,
  signal: AbortSignal | undefined,
): Promise<ManifestRead> {
  try {
    const document = await readDocument(store, blobKey(digest), maxManifestBytes, signal)
    if (document === undefined) return { manifest: undefined, flaw: 'absent', why: 'the bucket does not hold it' }
    const { bytes } = document
    if (digestOf(bytes, digestParts(digest).algorithm) !== digest) {
      return { manifest: undefined, flaw: 'damaged', why: 'its bytes have another digest' }
    }
    return { manifest: parseManifest(bytes, mediaType), bytes: bytes.byteLength }
  } catch (error) {
    return damaged(error)
  }
}

function damaged(error: unknown): ManifestRead {
  if (!isLadingError(error, 'bad-manifest', 'too-large', 'unsupported')) throw error
  return { manifest: undefined, flaw: 'damaged', why: error.message }
}
