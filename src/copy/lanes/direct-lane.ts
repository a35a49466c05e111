import { LadingError } from '../../errors/index.ts'
import type { DirectRequest } from '../../http/index.ts'
import type { Node } from '../../model/descriptor.ts'
import { leavesReceived, type Upload } from '../../stores/index.ts'
import type { ImageDestination, ImageSource } from '../../transports/index.ts'
import type { CopyListener } from '../events.ts'
import type { Lanes } from './lanes.ts'
import type { FailureRecord, Outcome } from './outcome.ts'
import type { TransferTask } from './transfer-message.ts'
import type { TransferListener } from './transfer-threads.ts'

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
 * Moves a blob from a server into a file, or in parts to another server, without its bytes passing through this thread. Returns whether that
 * was done; where it was not, the destination is as it was, and the bytes are to be moved as a stream, which also finds out what is wrong.
 *
 * @throws LadingError what the network or the disk throws
 */
export async function moveDirectly(move: DirectMove): Promise<boolean> {
  const { node, source, destination, lanes, signal } = move
  const { threads: open } = lanes
  if (open === undefined || node.size < smallestBytes) return false
  if (source.locate === undefined || destination.upload === undefined) return false
  const request = await source.locate(node, signal)
  if (request === undefined) return false
  const upload = await destination.upload(node, signal)
  if (upload === undefined) return false
  let outcome: Outcome = { kind: 'aborted' }
  let isLeft = false
  let isThere = false
  try {
    const threads = await open()
    outcome = await threads.move(taskOf(node, request, upload), listenerOf(move, upload), signal)
    signal.throwIfAborted()
    if (outcome.kind === 'failed') throwUnlessDoubtful(outcome.error, move)
    if (outcome.kind === 'done') {
      const done = upload.kind === 'file' ? upload.finish(signal) : upload.finish(outcome.parts ?? new Map(), signal)
      if ((await done) !== false) return true
    }
    // The stream goes on with what has come.
    isLeft = outcome.kind === 'declined' || outcome.kind === 'failed'
    // Another process may have sent the same parts, and finished the upload under way.
    isThere = upload.kind === 'parts' && outcome.kind !== 'wrong' && (await destination.has(node, signal))
    return isThere
  } catch (error) {
    isLeft = leavesReceived(error)
    throw error
  } finally {
    // What has come need not come again: another copy, in another process too, goes on with it, unless it is wrong.
    const isOver = outcome.kind === 'wrong' || isThere || (upload.kind === 'file' && !isLeft)
    await (isOver ? upload.abort() : upload.leave())
  }
}

function taskOf({ digest, size }: Node, request: DirectRequest, upload: Upload): TransferTask {
  const blob = { request, digest, size }
  if (upload.kind === 'file') return { kind: 'download', ...blob, path: upload.path }
  return { kind: 'relay', ...blob, partSize: upload.partSize, have: upload.have, begun: upload.begun }
}

function listenerOf({ node, source, passed, listen, signal }: DirectMove, upload: Upload): TransferListener {
  return {
    progress: passed,
    retried: ({ attempt, waitSeconds, reason }) =>
      listen({ type: 'retried', subject: node.digest, attempt, waitSeconds, reason }),
    relocate: async () => source.locate?.(node, signal),
    ...(upload.kind === 'parts'
      ? { sign: part => upload.request(part), stored: (...part) => upload.stored(...part) }
      : {}),
  }
}

function throwUnlessDoubtful(failure: FailureRecord, { node, source, destination }: DirectMove): void {
  const { code, message, side, ...details } = failure
  // One connection may be refused for what another is not: the client that knows all of HTTP says what is wrong.
  if (code === 'tls' || code === 'protocol-error') return
  const subject = side === 'source' ? source.name : destination.name
  throw new LadingError(code, message, { ...details, side, subject, operation: `copy ${node.kind}` })
}
