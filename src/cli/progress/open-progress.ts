import type { CommandContext, Output } from '../context.ts'
import { eventText } from './event-text.ts'
import { openJsonProgress } from './json.ts'
import { openLiveProgress } from './live.ts'
import { openPlainProgress } from './plain.ts'
import type { Progress } from './progress.ts'

export const progressModes = ['auto', 'plain', 'json', 'none'] as const
export type ProgressMode = (typeof progressModes)[number]

/** `auto` is live on a terminal that can move its cursor, and plain elsewhere. */
export function openProgress(
  mode: ProgressMode,
  { stderr, clock, env }: Pick<CommandContext, 'stderr' | 'clock' | 'env'>,
): Progress {
  if (mode === 'json') return openJsonProgress(stderr, clock)
  if (mode === 'none') return openWarnings(stderr)
  // lines about requests would be drawn over
  const live = mode === 'auto' && stderr.isTTY === true && env.TERM !== 'dumb' && !env.LADING_DEBUG
  return live ? openLiveProgress(stderr, clock) : openPlainProgress(stderr, clock)
}

/** No progress: what the user must know is said all the same. */
function openWarnings(output: Output): Progress {
  return {
    onEvent(event) {
      if (event.type === 'warning') output.write(`${eventText(event)}\n`)
    },
    close: () => undefined,
  }
}
