import { LadingError } from '../errors/index.ts'
import type { CommandContext } from './context.ts'
import { formatDuration } from './format-duration.ts'

/** setInterval takes no more, and calls at once what is longer. */
const maxMilliseconds = 2 ** 31 - 1

interface CommandTimeout {
  /** Aborted by the user, or with `timeout` when the time is over. */
  readonly signal: AbortSignal
  stop(): void
}

/** @param seconds 0 or absent: a command may take as long as it takes */
export function startCommandTimeout(
  seconds: number | undefined,
  { clock, signal }: Pick<CommandContext, 'clock' | 'signal'>,
): CommandTimeout {
  if (!seconds) return { signal, stop: () => undefined }
  const controller = new AbortController()
  const stop = clock.every(Math.min(Math.max(seconds * 1000, 1), maxMilliseconds), () => {
    stop()
    controller.abort(
      new LadingError(
        'timeout',
        `the command was stopped after ${seconds < 1 ? `${seconds * 1000} ms` : formatDuration(seconds)}`,
        {
          hint: '--command-timeout says how long it may take',
        },
      ),
    )
  })
  return { signal: AbortSignal.any([signal, controller.signal]), stop }
}
