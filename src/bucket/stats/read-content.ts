import { blobKey, readTag } from '../../layout/index.ts'
import { isManifestNode, type Node } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'
import { childrenOf } from '../../model/manifest.ts'
import { layerCompression } from '../../model/media-types.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { mapInOrder } from '../../streams/index.ts'
import { type BucketManifests, type ManifestRead, parseRoot } from '../bucket-manifests.ts'
import { chunked, type DigestLedger, listed, missing } from './digest-ledger.ts'

/** One thing that an image is made of. */
export interface Content {
  readonly digest: Digest
  /** As it is in the bucket, else as the manifest says. */
  readonly bytes: number
  /** `elsewhere`: it is not meant to be in the bucket, as the layers of Windows are not. */
  readonly where: 'here' | 'missing' | 'elsewhere'
  readonly kind: Node['kind']
  /** A layer that nobody has compressed. */
  readonly isUncompressed: boolean
}

/** What an image is made of, each once. */
export interface ImageContent {
  readonly root: Digest
  readonly contents: readonly Content[]
  /** A manifest of it cannot be read, or something is missing. */
  readonly isIncomplete: boolean
}

export interface ContentReader {
  /** `undefined` where the tag is gone. */
  ofTag(image: string, tag: string): Promise<ImageContent | undefined>
  /** Of a manifest under `blobs/`; `undefined` where it is not there, or none. */
  ofDigest(digest: Digest): Promise<ImageContent | undefined>
}

/** So many blobs of an image are asked for at once, that no listing had. */
const questionsAtOnce = 4

/** Reads what images are made of. The ledger MUST know every blob that the bucket holds, so that only what is missing is asked for. */
export function contentReader(
  store: ObjectStore,
  manifests: BucketManifests,
  ledger: DigestLedger,
  signal?: AbortSignal,
): ContentReader {
  const contentOf = async (node: Node): Promise<Content> => {
    const isUncompressed = node.kind === 'layer' && layerCompression(node.mediaType) === 'none'
    const rest = { digest: node.digest, kind: node.kind, isUncompressed }
    const flags = ledger.flagsOf(node.digest)
    if (flags & (listed | chunked)) {
      const bytes = flags & listed ? ledger.bytes.get(ledger.rowOf(node.digest)) : node.size
      return { ...rest, bytes, where: 'here' }
    }
    if (node.urls !== undefined) return { ...rest, bytes: node.size, where: 'elsewhere' }
    // A push may have brought it since the listing.
    const info = flags & missing ? undefined : await store.head(blobKey(node.digest), { signal })
    return info === undefined
      ? { ...rest, bytes: node.size, where: 'missing' }
      : { ...rest, bytes: info.size, where: 'here' }
  }

  const read = async (top: Node, whole: ManifestRead): Promise<ImageContent> => {
    const nodes = new Map<Digest, Node>()
    let isUnreadable = whole.manifest === undefined
    let level = whole.manifest === undefined ? [] : [...childrenOf(whole.manifest)]
    while (level.length > 0) {
      const fresh = level.filter(node => !nodes.has(node.digest))
      for (const node of fresh) nodes.set(node.digest, node)
      const reads = mapInOrder(each(new Set(fresh.filter(isManifestNode))), questionsAtOnce, node =>
        manifests.read(node, signal),
      )
      level = []
      for await (const { manifest } of reads) {
        if (manifest === undefined) isUnreadable = true
        else level.push(...childrenOf(manifest))
      }
    }
    const below = await Array.fromAsync(mapInOrder(each(nodes.values()), questionsAtOnce, contentOf))
    const own: Content = {
      digest: top.digest,
      bytes: top.size,
      where: 'here',
      kind: top.kind,
      isUncompressed: false,
    }
    const isIncomplete = isUnreadable || below.some(({ where }) => where === 'missing')
    return { root: top.digest, contents: [own, ...below], isIncomplete }
  }

  return {
    async ofTag(image, tag) {
      const record = await readTag(store, image, tag, signal)
      if (record === undefined) return undefined
      const { digest, bytes } = record
      const whole = parseRoot(bytes)
      const mediaType = whole.manifest?.mediaType ?? ''
      const kind = whole.manifest?.kind ?? 'manifest'
      return await read({ kind, mediaType, digest, size: bytes.byteLength }, whole)
    },
    async ofDigest(digest) {
      const node: Node = { kind: 'manifest', mediaType: '', digest, size: 0 }
      const whole = await manifests.read(node, signal)
      return whole.manifest === undefined ? undefined : await read({ ...node, size: whole.bytes }, whole)
    },
  }
}

async function* each<T>(values: Iterable<T>): AsyncGenerator<T, void, undefined> {
  yield* values
}
