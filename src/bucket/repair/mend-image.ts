import type { CopyListener } from '../../copy/events.ts'
import { maxNodes } from '../../copy/plan.ts'
import { isLadingError, LadingError } from '../../errors/index.ts'
import { blobKey } from '../../layout/index.ts'
import { isManifestNode, type Node } from '../../model/descriptor.ts'
import { limits } from '../../model/limits.ts'
import { childrenOf, type Manifest, maxManifestBytes, parseManifest } from '../../model/manifest.ts'
import { formatPlatform } from '../../model/platform.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { type Bytes, mapInOrder } from '../../streams/index.ts'
import type { BucketManifests } from '../bucket-manifests.ts'
import type { AskedInVain } from './asked-in-vain.ts'
import { type Fetched, fetchPiece, manifestBytes } from './fetch-piece.ts'
import type { HeldBlobs } from './held-blobs.ts'
import type { RepairSource } from './repair-sources.ts'

export interface MendOptions {
  readonly store: ObjectStore
  readonly manifests: BucketManifests
  readonly blobs: HeldBlobs
  readonly sources: readonly RepairSource[]
  /** Where every image is looked for in the same places. */
  readonly vain?: AskedInVain
  readonly jobs: number
  readonly listen: CopyListener
  readonly signal: AbortSignal
  /** Called before a blob is fetched. */
  onBegun(node: Node): void
  onMended(node: Node, platform: string | undefined, from: string): void
  onMissing(node: Node, platform: string | undefined, why: string): void
}

const maxDepth = limits.manifestDepth

/**
 * Fetches what an image lacks. A manifest is stored after what it names, so one that is there has what could be had.
 *
 * What is damaged is written over, never deleted first: until the whole content is there, what was there stays.
 */
export async function mendImage(root: Manifest, options: MendOptions): Promise<void> {
  const { store, manifests, blobs, sources, jobs, listen, signal, onMended, onMissing } = options
  let nodes = 0

  const fetch = async <T>(node: Node, take: (bytes: Bytes) => Promise<T>): Promise<Fetched<T>> => {
    if (options.vain?.has(node.digest)) return { found: false, why: 'no source has it, as was said before' }
    const fetched = await fetchPiece(node, sources, take, listen, signal)
    if (!fetched.found) options.vain?.add(node.digest)
    return fetched
  }

  const lost = (node: Node, platform: string | undefined, why: string): void => {
    blobs.notThere(node.digest)
    onMissing(node, platform, why)
  }

  const mendBlob = async (node: Node, platform: string | undefined): Promise<void> => {
    const { state } = await blobs.look(node)
    // What is kept elsewhere is no damage. Who has it here as chunks can read it.
    if (state === 'whole') return
    if (state === 'chunked' || (state === 'missing' && node.urls !== undefined)) return blobs.notThere(node.digest)
    const { digest, kind, size } = node
    options.onBegun(node)
    listen({ type: 'started', digest, kind, size })
    const put = await fetch(
      node,
      // What has the right size counts as stored for a put that names its content.
      bytes => store.put(blobKey(digest), bytes, { signal, ...(state === 'damaged' ? {} : { content: digest }) }),
    )
    if (!put.found) return lost(node, platform, put.why)
    blobs.setMended(digest)
    listen({ type: 'copied', digest, kind, size })
    onMended(node, platform, put.from)
  }
  const mendManifest = async (node: Node, platform: string | undefined, depth: number): Promise<void> => {
    if (depth > maxDepth) return onMissing(node, platform, `indexes are nested more than ${maxDepth} deep`)
    await blobs.keep(node.digest)
    const held = await manifests.read(node, signal)
    if (held.manifest !== undefined) {
      if (held.bytes === node.size) return await mendBelow(held.manifest, platform, depth)
      return onMissing(node, platform, `it has ${held.bytes} bytes, and who names it says ${node.size}`)
    }
    if (node.size > maxManifestBytes) return lost(node, platform, `no manifest is as large as ${node.size} bytes`)
    const fetched = await fetch(node, manifestBytes(node, signal))
    if (!fetched.found) return lost(node, platform, fetched.why)
    const manifest = readable(fetched.value, node)
    if (typeof manifest === 'string') return lost(node, platform, manifest)
    await mendBelow(manifest, platform, depth)
    await store.put(blobKey(node.digest), fetched.value, { signal })
    blobs.setMended(node.digest)
    manifests.forget(node)
    onMended(node, platform, fetched.from)
  }
  const mendBelow = async (manifest: Manifest, platform: string | undefined, depth: number): Promise<void> => {
    const children = [...new Map(childrenOf(manifest).map(child => [child.digest, child])).values()]
    nodes += children.length
    if (nodes > maxNodes) throw new LadingError('too-large', `the image has more than ${maxNodes} descriptors`)
    const of = (child: Node) => (child.platform === undefined ? platform : formatPlatform(child.platform))
    for (const child of children) if (isManifestNode(child)) await mendManifest(child, of(child), depth + 1)
    const rest = children.filter(child => !isManifestNode(child))
    const mending = mapInOrder(rest, jobs, async child => void (await mendBlob(child, of(child))))
    for await (const _ of mending) {
      // all that comes of it was told
    }
  }

  await mendBelow(root, undefined, 0)
}

/** What a manifest says, or why nobody can tell. */
function readable(bytes: Uint8Array, { mediaType }: Node): Manifest | string {
  try {
    return parseManifest(bytes, mediaType)
  } catch (error) {
    if (isLadingError(error)) return error.message
    throw error
  }
}
