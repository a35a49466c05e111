import type { CopyEvent } from '../../copy/events.ts'
import { formatDuration } from '../format-duration.ts'
import { printable } from '../printable.ts'

/** The line that stays on the screen for an event that the user should know of, or nothing. */
export function eventText(event: CopyEvent): string | undefined {
  switch (event.type) {
    case 'warning':
      return `warning: ${printable(event.message)}`
    case 'retried': {
      const { subject, reason, attempt, waitSeconds } = event
      return printable(`attempt ${attempt} of ${subject} failed, next in ${formatDuration(waitSeconds)}: ${reason}`)
    }
    default:
      return undefined
  }
}
