import { isLadingError, type LadingError } from '../../errors/index.ts'
import { NotSimple } from '../../http/direct/index.ts'
import { leastProgressBytes } from '../../streams/least-progress.ts'
import { type LocatedBlob, maxDetours, maxRefusals } from './located-blob.ts'
import type { Retry } from './outcome.ts'
import { waitForSource } from './wait-in-lane.ts'

/** A range of a blob, and the memory that it goes to. */
export interface PartToRead {
  readonly start: number
  readonly bytes: Uint8Array
  /** Whether there is nothing of the blob beside it: then a server need not know ranges. */
  readonly isWhole: boolean
}

interface ReadHooks {
  readonly attempts: number
  /** Bytes that have come for the first time. */
  progress(bytes: number): void
  retried(retry: Retry): void
}

/**
 * Reads a part of a blob, and asks for the rest where the server breaks off, as long as something comes between.
 *
 * @throws NotSimple where another client may understand the answers; LadingError
 */
export async function readPart(
  blob: LocatedBlob,
  { start, bytes, isWhole }: PartToRead,
  hooks: ReadHooks,
  signal: AbortSignal,
): Promise<void> {
  const size = bytes.byteLength
  let filled = 0
  // A server without ranges begins anew each time: only what comes after that is any progress.
  let furthest = 0
  let gained = 0
  let failures = 0
  let since = 0
  let refusals = 0
  let detours = 0
  const take = (chunk: Uint8Array) => {
    const taken = chunk.subarray(0, size - filled)
    bytes.set(taken, filled)
    filled += taken.byteLength
    if (filled > furthest) {
      const more = filled - furthest
      furthest = filled
      gained += more
      if (gained >= leastProgressBytes) failures = refusals = detours = 0
      hooks.progress(more)
    }
    return filled < size
  }
  for (;;) {
    signal.throwIfAborted()
    const before = furthest
    let error: LadingError
    let retryAfterMs: number | undefined
    try {
      const answer = await blob.ask(start + filled, start + size, ({ kind }) => {
        if (kind === 'whole' && isWhole) filled = 0
        else if (kind !== 'range') return undefined
        return take
      })
      if (filled === size) return
      // less than was asked for: the rest is asked for again
      if (answer.kind === 'range' && furthest - before >= leastProgressBytes) continue
      if (answer.kind === 'redirect' && ++detours <= maxDetours) continue
      if (answer.kind === 'unauthorized' && ++refusals <= maxRefusals && (await blob.relocate(answer))) continue
      if (answer.kind !== 'slow-down')
        throw new NotSimple(answer.kind === 'other' ? answer.why : `the answer is ${answer.kind}`)
      ;({ error, retryAfterMs } = answer)
    } catch (thrown) {
      signal.throwIfAborted()
      if (!isLadingError(thrown, 'network', 'timeout')) throw thrown
      if (filled === size) return
      error = thrown
    }
    failures += 1
    gained = 0
    if (failures === 1) since = performance.now()
    await waitForSource({ error: error.with({ side: 'source' }), failures, retryAfterMs, since }, hooks, signal)
  }
}
