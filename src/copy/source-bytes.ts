import type { LadingError } from '../errors/index.ts'
import type { Node } from '../model/descriptor.ts'
import type { Bytes } from '../streams/index.ts'
import type { ImageSource } from '../transports/index.ts'
import type { CopyListener } from './events.ts'
import { waitBeforeRetry } from './retry.ts'
import { type Replay, verifiedBytes } from './verified-bytes.ts'

/** A blob's bytes at the source: checked as they flow, read on where they break off, told as progress or to `passed`. */
export function sourceBytes(
  node: Node,
  source: ImageSource,
  listen: CopyListener,
  signal: AbortSignal,
  passed = (bytes: number) => listen({ type: 'progress', digest: node.digest, bytes }),
): Bytes {
  const replay: Replay = {
    blame: { side: 'source', subject: source.name, operation: `read ${node.kind}` },
    open: (from, inner) => source.fetch(node, from === 0 ? undefined : { start: from }, inner ?? signal),
    retry: (error: LadingError, attempt) => waitBeforeRetry(error, attempt, node.digest, listen, signal),
    passed,
  }
  return verifiedBytes(node, replay, source.locate !== undefined)
}
