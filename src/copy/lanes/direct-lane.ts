import { LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import type { ImageDestination, ImageSource } from '../../transports/index.ts'
import type { CopyListener } from '../events.ts'
import type { Lanes } from './lanes.ts'

/** Smaller blobs are here before a thread has begun. */
const smallestBytes = 4 * 1024 * 1024

interface DirectMove {
  readonly node: Node
  readonly source: ImageSource
  readonly destination: ImageDestination
  readonly lanes: Lanes
  readonly listen: CopyListener
  /** Bytes that have come for the first time. */
  readonly passed: (bytes: number) => void
  readonly signal: AbortSignal
}

/**
 * Moves a blob from a server into a file without its bytes passing through this thread. Returns whether that was done; where it was not,
 * the destination is as it was, and the bytes are to be moved as a stream, which also finds out what is wrong.
 *
 * @throws LadingError what the network or the disk throws
 */
export async function moveDirectly(move: DirectMove): Promise<boolean> {
  const { node, source, destination, lanes, signal } = move
  if (
    lanes.threads === undefined ||
    node.size < smallestBytes ||
    source.locate === undefined ||
    destination.upload === undefined
  )
    return false
  const location = await source.locate(node, signal)
  if (location === undefined) return false
  const upload = await destination.upload(node, signal)
  if (upload === undefined) return false
  let isDone = false
  try {
    const { digest, size } = node
    const threads = await lanes.threads()
    const outcome = await threads.download(
      { request: location, digest, size, path: upload.path },
      {
        progress: move.passed,
        retried: retry => move.listen({ type: 'retried', subject: digest, ...retry }),
        relocate: async () => source.locate?.(node, signal),
      },
      signal,
    )
    signal.throwIfAborted()
    if (outcome.kind === 'failed') {
      const { code, message, ...details } = outcome.error
      // One connection may be refused for what another is not: the client that knows all of HTTP says what is wrong.
      if (code === 'tls' || code === 'protocol-error') return false
      const side = ['network', 'timeout', 'server-error', 'rate-limited'].includes(code)
        ? ({ side: 'source', subject: source.name } as const)
        : ({ side: 'destination', subject: destination.name } as const)
      throw new LadingError(code, message, { ...details, ...side, operation: `copy ${node.kind}` })
    }
    if (outcome.kind !== 'done') return false
    await upload.finish(signal)
    isDone = true
    return true
  } finally {
    if (!isDone) await upload.abort()
  }
}
