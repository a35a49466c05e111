import { LadingError } from '../errors/index.ts'
import { isManifestNode, type Node } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { limits } from '../model/limits.ts'
import { childrenOf } from '../model/manifest.ts'
import type { ImageDestination } from '../transports/index.ts'
import { createBlobQuestions } from './blob-questions.ts'
import type { ManifestReader } from './manifest-reader.ts'
import { parseNode } from './parse-node.ts'
import { createWorkGroup } from './work-group.ts'

/** Descriptors that one image may have in all. A real index of 9 platforms and 60 layers has 600. */
export const maxNodes = limits.manifestNodes
/** Indexes within indexes. Nobody is known to nest more than one. */
const maxDepth = limits.manifestDepth
/** Questions to a destination that are open at once; the HTTP layer has its own limit per host. */
const questionsAtOnce = 64

/** One node of the image, what it needs, and whether the destination has it. Records only: no bytes. */
export interface PlannedNode {
  readonly node: Node
  /**
   * `present`: found at the destination; of a manifest this says nothing about its children. `stored`: put there by this run already.
   * `left-out`: a foreign layer, where the destination needs none.
   */
  readonly action: 'copy' | 'present' | 'stored' | 'left-out'
  /** With `copy`: nobody has asked whether it is there. */
  readonly unsure?: true
  /** Keys of the nodes that must be stored before this one. */
  readonly needs: readonly string[]
}

export interface Plan {
  readonly root: Node
  /** Every node of the image by its key; one that several parents share stands here once. */
  readonly nodes: ReadonlyMap<string, PlannedNode>
}

/** Registries keep manifests and blobs apart, so the same bytes in both roles are two nodes. */
export function nodeKey(node: Node): string {
  return `${isManifestNode(node) ? 'manifest' : 'blob'} ${node.digest}`
}

export interface PlanOptions {
  /** Blobs that this run has put at the destination, or found there, already. */
  readonly stored?: ReadonlySet<Digest> | undefined
  /** What an index names and is not copied with it. */
  readonly absent?: readonly Node[] | undefined
  /** Ask for every blob, since the plan itself is what is wanted. */
  readonly exact?: boolean | undefined
  /** Look below an index that the destination has even if it refuses one whose manifests are not there. */
  readonly belowIndexes?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Walks the image below `root` and asks the destination what it has.
 *
 * Manifests are read from the destination where it has them, so a copy with nothing to do reads none from the source.
 *
 * @throws LadingError `bad-manifest`, `too-large`, and what either side throws
 */
export async function planCopy(
  root: Node,
  reader: ManifestReader,
  destination: ImageDestination,
  { stored, absent = [], belowIndexes = false, exact = true, signal }: PlanOptions = {},
): Promise<Plan> {
  const nodes = new Map<string, PlannedNode>()
  const seen = new Map<string, Node>()
  const group = createWorkGroup(signal)
  const notCopied = new Set(absent.map(nodeKey))
  const presenceOf = createBlobQuestions(destination, { exact, signal: group.signal })

  const found = (node: Node, depth: number): void => {
    const key = nodeKey(node)
    const before = seen.get(key)
    if (before !== undefined) {
      checkSame(before, node)
      return
    }
    if (seen.size === maxNodes) throw new LadingError('too-large', `the image has more than ${maxNodes} descriptors`)
    if (depth > maxDepth) throw new LadingError('too-large', `indexes are nested more than ${maxDepth} deep`)
    seen.set(key, node)
    questions.add({ node, depth })
  }

  const questions = group.lane<{ node: Node; depth: number }>(questionsAtOnce, async ({ node, depth }) => {
    const planned = isManifestNode(node) ? await planManifest(node, depth) : await planBlob(node)
    nodes.set(nodeKey(node), planned)
  })

  const planBlob = async (node: Node): Promise<PlannedNode> => {
    if (stored?.has(node.digest)) return { node, action: 'stored', needs: [] }
    if (isLeftOut(node, destination)) return { node, action: 'left-out', needs: [] }
    const presence = await presenceOf(node)
    if (presence === 'unsure') return { node, action: 'copy', unsure: true, needs: [] }
    return { node, action: presence === 'present' ? 'present' : 'copy', needs: [] }
  }

  const planManifest = async (node: Node, depth: number): Promise<PlannedNode> => {
    const there = await destination.manifest(node, group.signal)
    const action = there === undefined ? 'copy' : 'present'
    if (there !== undefined) reader.remember(node.digest, there)
    const believed = destination.traits.rootImpliesChildren && !(belowIndexes && node.kind === 'index')
    if (there !== undefined && believed) return { node, action, needs: [] }
    const bytes = there ?? (await reader.read(node, group.signal))
    const children = childrenOf(parseNode(node, bytes)).filter(child => !notCopied.has(nodeKey(child)))
    for (const child of children) found(child, depth + 1)
    return { node, action, needs: [...new Set(children.map(nodeKey))] }
  }

  found(root, 0)
  await group.settled()
  return { root, nodes }
}

/** Whether the layer stays where its descriptor says that it is. */
export function isLeftOut({ urls = [] }: Node, { traits }: Pick<ImageDestination, 'traits'>): boolean {
  return urls.length > 0 && traits.leavesOutForeign
}

function checkSame(first: { digest: Digest; size: number }, second: { digest: Digest; size: number }): void {
  if (first.size === second.size) return
  throw new LadingError(
    'bad-manifest',
    `the image names ${first.digest} with ${first.size} and with ${second.size} bytes; one of them is wrong`,
  )
}
