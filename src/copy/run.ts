import { isManifestNode, type Node } from '../model/descriptor.ts'
import { bytesOf } from '../streams/index.ts'
import type { ImageDestination, ImageSource } from '../transports/index.ts'
import type { CopyListener } from './events.ts'
import type { Lanes } from './lanes/lanes.ts'
import type { ManifestReader } from './manifest-reader.ts'
import { moveBlob, type Outcome } from './move-blob.ts'
import { nodeKey, type Plan, type PlannedNode } from './plan.ts'
import { createStoreOrder } from './store-order.ts'
import { createWorkGroup } from './work-group.ts'

/** Blobs up to this many bytes are not counted against `jobs`: moving one costs a round trip, not bandwidth. */
const smallBytes = 1024 * 1024
/** Small blobs in flight. The HTTP layer has its own limit per host, which shrinks when the host asks for it. */
const smallJobs = 64

export interface RunOptions {
  /** Blobs over 1 MiB in flight. */
  readonly jobs: number
  readonly lanes: Lanes
  readonly signal: AbortSignal | undefined
  readonly listen: CopyListener
}

export interface Moved {
  readonly copied: number
  readonly mounted: number
  readonly present: number
  readonly bytesCopied: number
  readonly bytesMounted: number
  readonly bytesPresent: number
}

/**
 * Stores everything below the plan's root, each node after all that it names. The root itself, where there is one, is left to `commit`.
 *
 * @throws the first failure, after everything under way has ended
 */
export async function runPlan(
  plan: Pick<Plan, 'nodes'> & Partial<Plan>,
  source: ImageSource,
  destination: ImageDestination,
  reader: ManifestReader,
  options: RunOptions,
): Promise<Moved> {
  const { lanes, listen } = options
  const group = createWorkGroup(options.signal)
  const order = createStoreOrder(plan)
  const rootKey = plan.root && nodeKey(plan.root)
  const moved = { copied: 0, mounted: 0, present: 0, bytesCopied: 0, bytesMounted: 0, bytesPresent: 0 }

  const count = (outcome: Outcome, { digest, kind, size }: Node) => {
    const blob = kind !== 'index' && kind !== 'manifest'
    if (blob && outcome === 'copied') moved.bytesCopied += size
    if (blob && outcome === 'mounted') moved.bytesMounted += size
    if (blob && outcome === 'skipped') moved.bytesPresent += size
    if (blob) moved[outcome === 'skipped' ? 'present' : outcome] += 1
    listen({ type: outcome, digest, kind, size })
  }
  const store = async ({ node, unsure }: PlannedNode): Promise<void> => {
    if (isManifestNode(node)) {
      const bytes = await reader.read(node, group.signal)
      await destination.push(node, bytesOf(bytes), group.signal)
      count('copied', node)
    } else {
      count(
        await moveBlob({ node, unsure: unsure === true, source, destination, lanes, listen, signal: group.signal }),
        node,
      )
    }
    stored(node)
  }
  const large = group.lane(options.jobs, store)
  const small = group.lane(smallJobs, store)

  const ready = (planned: PlannedNode): void => {
    const { node, action } = planned
    if (nodeKey(node) === rootKey) return
    if (action === 'copy') {
      const lane = node.size > smallBytes && !isManifestNode(node) ? large : small
      lane.add(planned)
    } else {
      if (action === 'present') count('skipped', node)
      stored(node)
    }
  }
  const stored = (node: Node): void => order.stored(node).forEach(ready)

  order.ready().forEach(ready)
  await group.settled()
  return moved
}
