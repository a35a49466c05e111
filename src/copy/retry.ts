import { setTimeout as sleep } from 'node:timers/promises'
import type { LadingError } from '../errors/index.ts'
import type { CopyListener } from './events.ts'

/** Breaks in a row, without a byte between them, after which a source is given up. */
const maxAttempts = 4
const firstWaitSeconds = 0.25

/**
 * Waits before a blob is asked for again: exponentially, with jitter, so that many blobs broken at once do not come back at once.
 *
 * @throws `error` once it has been tried often enough
 */
export async function waitBeforeRetry(
  error: LadingError,
  attempt: number,
  subject: string,
  listen: CopyListener,
  signal: AbortSignal,
): Promise<void> {
  if (attempt >= maxAttempts) throw error
  const waitSeconds = firstWaitSeconds * 2 ** (attempt - 1) * (0.5 + Math.random() / 2)
  listen({ type: 'retried', subject, attempt, waitSeconds, reason: error.message })
  await sleep(waitSeconds * 1000, undefined, { signal })
}
