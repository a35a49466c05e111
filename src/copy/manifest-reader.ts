import { LRUCache } from 'lru-cache'
import { LadingError } from '../errors/index.ts'
import type { Node } from '../model/descriptor.ts'
import { type Digest, digestParts } from '../model/digest.ts'
import { maxManifestBytes } from '../model/manifest.ts'
import { manifestDigest } from '../model/manifest-digest.ts'
import { readAll } from '../streams/index.ts'
import type { ImageSource } from '../transports/index.ts'

/** Manifests that are kept in memory between planning and writing, in bytes. Those that do not fit are read again. */
const keptBytes = 32 * 1024 * 1024

/** Reads the manifests of one image, each checked against the digest and size that name it. */
export interface ManifestReader {
  /** @throws LadingError `too-large`, `digest-mismatch`, `size-mismatch`, or what the source throws */
  read(node: Node, signal?: AbortSignal): Promise<Uint8Array>
  /** Bytes that were read elsewhere; MUST be those of the digest. */
  remember(digest: Digest, bytes: Uint8Array): void
  /** Bytes that were made here and that no source has: they are kept until the end. */
  made(digest: Digest, bytes: Uint8Array): void
  /** What is in memory. */
  known(digest: Digest): Uint8Array | undefined
}

export function createManifestReader(source: ImageSource): ManifestReader {
  const kept = new LRUCache<Digest, Uint8Array>({
    maxSize: keptBytes,
    sizeCalculation: bytes => Math.max(1, bytes.byteLength),
  })
  const own = new Map<Digest, Uint8Array>()
  const known = (digest: Digest) => own.get(digest) ?? kept.get(digest)
  return {
    async read(node, signal) {
      const there = known(node.digest)
      if (there !== undefined) return there
      const bytes = await readManifest(source, node, signal)
      kept.set(node.digest, bytes)
      return bytes
    },
    remember: (digest, bytes) => void kept.set(digest, bytes),
    made: (digest, bytes) => void own.set(digest, bytes),
    known,
  }
}

async function readManifest(source: ImageSource, node: Node, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const details = { operation: 'read manifest', side: 'source', subject: source.name } as const
  if (node.size > maxManifestBytes) {
    throw new LadingError(
      'too-large',
      `the manifest is said to have ${node.size} bytes; the limit is ${maxManifestBytes}`,
      details,
    )
  }
  const bytes = await readAll(source.fetch(node, undefined, signal), maxManifestBytes, `the manifest ${node.digest}`)
  if (bytes.byteLength !== node.size) {
    throw new LadingError(
      'size-mismatch',
      `got ${bytes.byteLength} of the ${node.size} bytes of ${node.digest}`,
      details,
    )
  }
  const actual = manifestDigest(bytes, digestParts(node.digest).algorithm)
  if (actual !== node.digest)
    throw new LadingError('digest-mismatch', `expected ${node.digest}, got ${actual}`, details)
  return bytes
}
