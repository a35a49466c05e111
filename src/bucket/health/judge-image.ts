import { maxNodes } from '../../copy/plan.ts'
import { isManifestNode, type Node } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'
import { limits } from '../../model/limits.ts'
import { childrenOf, type Manifest } from '../../model/manifest.ts'
import { formatPlatform } from '../../model/platform.ts'
import type { BucketManifests, ManifestRead } from '../bucket-manifests.ts'
import type { BlobState, ImageFlaw, ImageVerdict } from './image-flaw.ts'

/** What is known of the blobs of a bucket. */
export interface BlobShelf {
  /** How the blob is held; that something names it is noted. */
  look(node: Node, signal?: AbortSignal): Promise<BlobState>
  /** How the copy of a root is held, as far as that is known without asking: it may be missing. */
  lookAtCopy(root: { readonly digest: Digest; readonly size: number }): BlobState
  /** Whether all below this manifest was found whole before. */
  isWhole(manifest: Node): boolean
  setWhole(manifest: Node): void
}

/** Indexes within indexes. */
const maxDepth = limits.manifestDepth

/** Looks at everything that an image needs, each manifest once as long as all below it is whole. */
export async function judgeImage(
  root: Manifest,
  manifests: BucketManifests,
  shelf: BlobShelf,
  signal?: AbortSignal,
): Promise<ImageVerdict> {
  const flaws = new Map<string, ImageFlaw>()
  let [chunked, foreign, nodes] = [0, 0, 0]

  const flawed = (node: Node, platform: string | undefined, rest: Pick<ImageFlaw, 'flaw' | 'actualSize' | 'why'>) => {
    const { digest, kind, size } = node
    flaws.set(`${platform} ${digest}`, { digest, kind, size, ...(platform === undefined ? {} : { platform }), ...rest })
    return false
  }
  const judgeBlob = async (node: Node, platform: string | undefined): Promise<boolean> => {
    const held = await shelf.look(node, signal)
    switch (held.state) {
      case 'whole':
        return true
      case 'chunked':
        chunked += 1
        return false
      case 'missing':
        if (node.urls === undefined) return flawed(node, platform, { flaw: 'missing' })
        foreign += 1
        return false
      case 'wrong-size':
        return flawed(node, platform, { flaw: 'wrong-size', actualSize: held.actualSize })
      case 'damaged':
        return flawed(node, platform, { flaw: 'damaged', why: held.why })
    }
  }
  const judgeManifest = async (node: Node, platform: string | undefined, depth: number): Promise<boolean> => {
    // also names it, which keeps it from being counted as something that nobody needs
    const held = await shelf.look(node, signal)
    if (held.state === 'whole' && shelf.isWhole(node)) return true
    if (depth > maxDepth) {
      return flawed(node, platform, { flaw: 'damaged', why: `indexes are nested more than ${maxDepth} deep` })
    }
    const read = await manifests.read(node, signal)
    if (read.manifest === undefined) return flawed(node, platform, flawOf(read))
    // What has the digest is the content. Then it is the size in its parent that is wrong.
    const sized = read.bytes === node.size
    if (!sized) flawed(node, platform, { flaw: 'wrong-size', actualSize: read.bytes })
    const below = await judgeBelow(read.manifest, platform, depth)
    if (sized && below) shelf.setWhole(node)
    return sized && below
  }
  const judgeBelow = async (manifest: Manifest, platform: string | undefined, depth: number): Promise<boolean> => {
    let whole = true
    for (const child of childrenOf(manifest)) {
      nodes += 1
      if (nodes > maxNodes) {
        return flawed(child, platform, { flaw: 'damaged', why: `the image has more than ${maxNodes} descriptors` })
      }
      const of = child.platform === undefined ? platform : formatPlatform(child.platform)
      const found = isManifestNode(child) ? await judgeManifest(child, of, depth + 1) : await judgeBlob(child, of)
      whole &&= found
    }
    return whole
  }

  await judgeBelow(root, undefined, 0)
  return { flaws: [...flaws.values()], chunked, foreign }
}

function flawOf({ flaw, why }: ManifestRead & { readonly manifest: undefined }): Pick<ImageFlaw, 'flaw' | 'why'> {
  return flaw === 'absent' ? { flaw: 'missing' } : { flaw: 'damaged', why }
}
