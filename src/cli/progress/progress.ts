import type { CopyEvent } from '../../copy/events.ts'

/** A rendering of a copy's events. */
export interface Progress {
  onEvent(event: CopyEvent): void
  /** Takes away what is only for the eye, and stops. MUST be called before anything else is written. */
  close(): void
}
