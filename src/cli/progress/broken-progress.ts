import type { CommandContext } from '../context.ts'
import { openProgress, type ProgressMode } from './open-progress.ts'
import type { Progress } from './progress.ts'

/**
 * Progress for a command that writes other lines to stderr in between, or asks: `close` before that. The next event opens it again, and a live display is
 * drawn below.
 */
export function openBrokenProgress(
  mode: ProgressMode,
  context: Pick<CommandContext, 'stderr' | 'clock' | 'env'>,
): Progress {
  let open: Progress | undefined
  return {
    onEvent(event) {
      open ??= openProgress(mode, context)
      open.onEvent(event)
    },
    close() {
      open?.close()
      open = undefined
    },
  }
}
