import type { Digest } from '../../model/digest.ts'
import type { Clock } from '../clock.ts'
import type { Output } from '../context.ts'
import { printableJson } from '../printable.ts'
import type { Progress } from './progress.ts'

const flushMilliseconds = 100

/**
 * Every event as one JSON object on a line of its own.
 *
 * A blob reports each chunk; its `progress` events are added up and written ten times a second, and before anything else.
 */
export function openJsonProgress(output: Output, clock: Clock): Progress {
  const pending = new Map<Digest | undefined, number>()
  const stop = clock.every(flushMilliseconds, flush)
  return {
    onEvent(event) {
      if (event.type === 'progress') {
        pending.set(event.digest, (pending.get(event.digest) ?? 0) + event.bytes)
        return
      }
      flush()
      output.write(`${printableJson(event)}\n`)
    },
    close() {
      stop()
      flush()
    },
  }

  function flush(): void {
    for (const [digest, bytes] of pending) output.write(`${JSON.stringify({ type: 'progress', digest, bytes })}\n`)
    pending.clear()
  }
}
