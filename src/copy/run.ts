import pLimit from 'p-limit'
import { isLadingError, type LadingError } from '../errors/index.ts'
import { isManifestNode, type Node } from '../model/descriptor.ts'
import { bytesOf } from '../streams/index.ts'
import type { ImageDestination, ImageSource } from '../transports/index.ts'
import type { CopyListener } from './events.ts'
import type { ManifestReader } from './manifest-reader.ts'
import { nodeKey, type Plan, type PlannedNode } from './plan.ts'
import { waitBeforeRetry } from './retry.ts'
import { createTaskGroup } from './task-group.ts'
import { verifiedBytes } from './verified-bytes.ts'

/** Blobs up to this many bytes are not counted against `jobs`: moving one costs a round trip, not bandwidth. */
const smallBytes = 1024 * 1024
/** Small blobs in flight. The HTTP layer has its own limit per host, which shrinks when the host asks for it. */
const smallJobs = 64
/** How often a blob is begun again after a failure that the request's own retries did not mend. */
const blobAttempts = 3

export interface RunOptions {
  /** Blobs over 1 MiB in flight. */
  readonly jobs: number
  readonly signal: AbortSignal | undefined
  readonly listen: CopyListener
}

export interface Moved {
  readonly copied: number
  readonly mounted: number
  readonly present: number
  readonly bytesCopied: number
  readonly bytesPresent: number
}

/**
 * Stores everything below the plan's root, each node after all that it names. The root itself is left to `commit`.
 *
 * @throws the first failure, after every other task has ended
 */
export async function runPlan(
  plan: Plan,
  source: ImageSource,
  destination: ImageDestination,
  reader: ManifestReader,
  options: RunOptions,
): Promise<Moved> {
  const { listen } = options
  const group = createTaskGroup(options.signal)
  const large = pLimit(options.jobs)
  const small = pLimit(smallJobs)
  const rootKey = nodeKey(plan.root)
  const stored = new Map<string, Promise<void>>()
  const moved = { copied: 0, mounted: 0, present: 0, bytesCopied: 0, bytesPresent: 0 }

  const count = (outcome: 'copied' | 'mounted' | 'skipped', { digest, kind, size }: Node) => {
    const blob = kind !== 'index' && kind !== 'manifest'
    if (blob && outcome === 'copied') moved.bytesCopied += size
    if (blob && outcome === 'skipped') moved.bytesPresent += size
    if (blob) moved[outcome === 'skipped' ? 'present' : outcome] += 1
    listen({ type: outcome, digest, kind, size })
  }

  const store = async ({ node, action, needs }: PlannedNode): Promise<void> => {
    if (action === 'present') return count('skipped', node)
    await Promise.all(needs.map(need => stored.get(need)))
    if (isManifestNode(node)) {
      const bytes = await reader.read(node, group.signal)
      await small(() => destination.push(node, bytesOf(bytes), group.signal))
      return count('copied', node)
    }
    const lane = node.size > smallBytes ? large : small
    count(await lane(() => moveBlob(node, source, destination, listen, group.signal)), node)
  }

  // A need that has no promise yet would be waited for in vain, so nodes are begun children first.
  for (const key of childrenFirst(plan)) {
    const planned = plan.nodes.get(key)
    if (planned === undefined || (key === rootKey && isManifestNode(plan.root))) continue
    const done = group.run(() => store(planned))
    // Dropped on purpose: the group remembers the failure, and parents see it too.
    done.catch(() => {})
    stored.set(key, done)
  }
  await group.settled()
  return moved
}

/** Large blobs first among those without needs: the longest job begun last is what one waits for. */
function childrenFirst(plan: Plan): string[] {
  const order: string[] = []
  const placed = new Set<string>()
  const place = (key: string) => {
    if (placed.has(key)) return
    placed.add(key)
    for (const need of plan.nodes.get(key)?.needs ?? []) place(need)
    order.push(key)
  }
  const blobs = [...plan.nodes].filter(([, { node }]) => !isManifestNode(node))
  blobs.sort(([, a], [, b]) => b.node.size - a.node.size)
  for (const [key] of blobs) place(key)
  for (const key of plan.nodes.keys()) place(key)
  return order
}

async function moveBlob(
  node: Node,
  source: ImageSource,
  destination: ImageDestination,
  listen: CopyListener,
  signal: AbortSignal,
): Promise<'copied' | 'mounted'> {
  const origin = source.origin?.(node)
  if (origin !== undefined && (await destination.adopt?.(node, origin, signal))) return 'mounted'
  listen({ type: 'started', digest: node.digest, kind: node.kind, size: node.size })
  const retry = (error: LadingError, attempt: number) => waitBeforeRetry(error, attempt, node.digest, listen, signal)
  const bytes = verifiedBytes(node, {
    open: (from, inner) => source.fetch(node, from === 0 ? undefined : { start: from }, inner ?? signal),
    retry,
    passed: count => listen({ type: 'progress', digest: node.digest, bytes: count }),
  })
  for (let attempt = 1; ; attempt += 1) {
    try {
      await destination.push(node, bytes, signal)
      return 'copied'
    } catch (error) {
      signal.throwIfAborted()
      if (!isLadingError(error) || !error.retryable || attempt === blobAttempts) throw error
      await retry(error, attempt)
    }
  }
}
