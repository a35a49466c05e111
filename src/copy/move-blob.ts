import { isLadingError } from '../errors/index.ts'
import type { Node } from '../model/descriptor.ts'
import type { ImageDestination, ImageSource } from '../transports/index.ts'
import type { CopyListener } from './events.ts'
import { moveDirectly } from './lanes/direct-lane.ts'
import type { Lanes } from './lanes/lanes.ts'
import { waitBeforeRetry } from './retry.ts'
import { sourceBytes } from './source-bytes.ts'

/**
 * How often a blob is read that proves wrong: once more than it should be, since a wrong byte may be the network's. Every other
 * failure was tried again where it happened; trying it here too would multiply those attempts.
 */
const wrongBytesAttempts = 2

export interface BlobMove {
  readonly node: Node
  /** Nobody has asked whether it is there. */
  readonly unsure: boolean
  readonly source: ImageSource
  readonly destination: ImageDestination
  readonly lanes: Lanes
  readonly listen: CopyListener
  readonly signal: AbortSignal
}

/** `skipped`: it was there. */
export type Outcome = 'copied' | 'mounted' | 'skipped'

/**
 * Moves a blob on the fastest lane that both ends offer.
 *
 * @throws LadingError
 */
export async function moveBlob(move: BlobMove): Promise<Outcome> {
  const { node, unsure, source, destination, listen, signal } = move
  if (await adopt(move)) return 'mounted'
  if (unsure && (await destination.findOrBegin?.(node, signal))) return 'skipped'
  listen({ type: 'started', digest: node.digest, kind: node.kind, size: node.size })
  // A lane that is given up has told of bytes already: those are not told again.
  let told = 0
  const passed = (bytes: number) => listen({ type: 'progress', digest: node.digest, bytes })
  const passedDirectly = (bytes: number) => {
    told += bytes
    passed(bytes)
  }
  if (await moveDirectly({ ...move, passed: passedDirectly })) return 'copied'
  const passedAgain = (bytes: number) => {
    const known = Math.min(told, bytes)
    told -= known
    if (bytes > known) passed(bytes - known)
  }
  const bytes = sourceBytes(node, source, listen, signal, passedAgain)
  for (let attempt = 1; ; attempt += 1) {
    try {
      await destination.push(node, bytes, signal)
      return 'copied'
    } catch (error) {
      signal.throwIfAborted()
      if (attempt === wrongBytesAttempts || !isLadingError(error, 'digest-mismatch', 'size-mismatch')) throw error
      await waitBeforeRetry({ error, attempt, since: performance.now(), subject: node.digest }, listen, signal)
    }
  }
}

/** What the destination finds wrong with the source is left to who reads it there, and says so. */
async function adopt({ node, source, destination, lanes, signal }: BlobMove): Promise<boolean> {
  const origin = lanes.serverSide ? source.origin?.(node) : undefined
  if (origin === undefined || destination.adopt === undefined) return false
  try {
    return await destination.adopt(node, origin, signal)
  } catch (error) {
    if (isLadingError(error, 'blob-not-found', 'size-mismatch')) return false
    throw error
  }
}
