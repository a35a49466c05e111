import { setTimeout as sleep } from 'node:timers/promises'
import type { LadingError } from '../errors/index.ts'
import type { CopyListener } from './events.ts'

/** Something that breaks off again and again. */
export interface Break {
  readonly error: LadingError
  /** Breaks in a row, without a byte between them: this one counted. */
  readonly attempt: number
  /** When the first of them was, by `performance.now()`. */
  readonly since: number
  readonly subject: string
}

/** What waits before each further attempt to read a blob that breaks off. `attempt` is 1 for the first break since a byte has come. */
export function retryBreaks(
  subject: string,
  listen: CopyListener,
  signal: AbortSignal,
): (error: LadingError, attempt: number) => Promise<void> {
  let since = 0
  return (error, attempt) => {
    if (attempt === 1) since = performance.now()
    return waitBeforeRetry({ error, attempt, since, subject }, listen, signal)
  }
}

/**
 * Waits before a blob is asked for again, as every request is tried again.
 *
 * @throws `error` once it has been tried often enough, here or where it was thrown
 */
export async function waitBeforeRetry(
  { error, attempt, since, subject }: Break,
  listen: CopyListener,
  signal: AbortSignal,
): Promise<void> {
  if (error.tried !== undefined) throw error
  const { defaultRetryPolicy, retryDelay } = await import('../http/index.ts')
  const waitMs = retryDelay(defaultRetryPolicy, attempt, Math.random(), error.retryAfterMs)
  if (waitMs === undefined || attempt >= defaultRetryPolicy.attempts) {
    throw error.afterTrying({ attempts: attempt, milliseconds: performance.now() - since })
  }
  listen({ type: 'retried', subject, attempt, waitSeconds: waitMs / 1000, reason: error.message })
  await sleep(waitMs, undefined, { signal })
}
