import { isLadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import { type Digest, digestOf, digestParts } from '../../model/digest.ts'
import { limits } from '../../model/limits.ts'
import { childrenOf, type Manifest, parseManifest } from '../../model/manifest.ts'
import { ociIndex } from '../../model/media-types.ts'
import { type ArchiveFiles, blobName, maxDocumentBytes } from './archive-files.ts'
import { knownImageName } from './image-name.ts'

/** containerd's name of an image in index.json: the image in full, where `org.opencontainers.image.ref.name` is the tag alone. */
const nameAnnotation = 'io.containerd.image.name'
const maxDepth = limits.manifestDepth

/** What a node of index.json leads to. */
interface Found {
  /** Everything that it names is in the archive. */
  readonly complete: boolean
  /** A manifest of the wanted config, with all that it names: the node itself, or one below it. */
  readonly image?: Node
}

/**
 * The manifest or index that an image of an archive had before it was saved, where the archive has it with all that it names: what
 * Docker 25 and newer add to what older ones write. Of an index of which only a part was saved, the manifest of that part.
 *
 * @param config digest of the config that manifest.json names
 */
export async function findOriginalRoot(
  files: ArchiveFiles,
  { config, names }: { readonly config: Digest; readonly names: readonly string[] },
  signal?: AbortSignal,
): Promise<Node | undefined> {
  const index = await readIndex(files, signal)
  if (index === undefined) return undefined
  const seen = new Map<Digest, Found>()
  let looked = 0

  async function look(node: Node, depth: number): Promise<Found> {
    const before = seen.get(node.digest)
    if (before !== undefined) return before
    looked += 1
    if (looked > limits.manifestNodes || depth > maxDepth) return { complete: false }
    const found = await lookAnew(node, depth)
    seen.set(node.digest, found)
    return found
  }

  async function lookAnew(node: Node, depth: number): Promise<Found> {
    if (files.size(blobName(node.digest)) !== node.size) return { complete: false }
    if (node.kind !== 'index' && node.kind !== 'manifest') return { complete: true }
    const manifest = node.size > maxDocumentBytes ? undefined : await readBlob(files, node, signal)
    if (manifest === undefined) return { complete: false }
    let complete = true
    let image: Node | undefined
    for (const child of childrenOf(manifest)) {
      const found = await look(child, depth + 1)
      complete &&= found.complete
      image ??= found.image
    }
    if (manifest.kind === 'index') return { complete, ...(image === undefined ? {} : { image }) }
    return { complete, ...(complete && manifest.config.digest === config ? { image: withoutPlatform(node) } : {}) }
  }

  const named = (node: Node) => names.includes(knownImageName(node.annotations?.[nameAnnotation] ?? '') ?? '')
  const roots = index.toSorted((a, b) => Number(named(b)) - Number(named(a)))
  let part: Node | undefined
  for (const root of roots) {
    const { complete, image } = await look(root, 0)
    if (complete && image !== undefined) return withoutPlatform(root)
    part ??= image
  }
  return part
}

/** What an index says beside the content itself is not the root's. */
function withoutPlatform({ kind, mediaType, digest, size }: Node): Node {
  return { kind, mediaType, digest, size }
}

/** An index.json that cannot be read is as good as none: manifest.json says what there is. */
async function readIndex(files: ArchiveFiles, signal: AbortSignal | undefined): Promise<readonly Node[] | undefined> {
  const bytes = await files.document('index.json', signal)
  const index = bytes && tryParse(bytes, ociIndex)
  return index?.kind === 'index' ? index.manifests : undefined
}

async function readBlob(
  files: ArchiveFiles,
  node: Node,
  signal: AbortSignal | undefined,
): Promise<Manifest | undefined> {
  const bytes = await files.document(blobName(node.digest), signal)
  if (bytes === undefined || digestOf(bytes, digestParts(node.digest).algorithm) !== node.digest) return undefined
  return tryParse(bytes, node.mediaType)
}

function tryParse(bytes: Uint8Array, mediaType: string): Manifest | undefined {
  try {
    return parseManifest(bytes, mediaType)
  } catch (error) {
    if (isLadingError(error, 'bad-manifest', 'too-large', 'unsupported')) return undefined
    throw error
  }
}
