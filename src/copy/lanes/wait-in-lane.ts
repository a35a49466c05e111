import { setTimeout as sleep } from 'node:timers/promises'
import { isLadingError, type LadingError } from '../../errors/index.ts'
import { defaultRetryPolicy, retryDelay } from '../../http/index.ts'
import type { Retry } from './outcome.ts'

/** What has failed. */
export interface LaneFailure {
  readonly error: LadingError
  /** Failures in a row, this one counted. */
  readonly failures: number
  /** What the server asked for. */
  readonly retryAfterMs: number | undefined
  /** When the first of them was, by `performance.now()`. */
  readonly since: number
}

interface Waiting {
  /** How often a request is sent at most. */
  readonly attempts: number
  retried(retry: Retry): void
}

/**
 * Waits before a source is asked again: for the rest where it broke off, and as every request is tried again where it answered "not now".
 *
 * @throws the failure's error once it has been tried often enough
 */
export async function waitForSource(failure: LaneFailure, waiting: Waiting, signal: AbortSignal): Promise<void> {
  // A break is not tried again as a request is, but gone on with: that is done also where no request is sent twice.
  const isBreak = isLadingError(failure.error, 'network', 'timeout')
  const attempts = isBreak ? defaultRetryPolicy.attempts : waiting.attempts
  await waitForServer(failure, { ...waiting, attempts }, signal)
}

/**
 * Waits as the HTTP client does before it sends a request again.
 *
 * @throws the failure's error once it has been tried often enough
 */
export async function waitForServer(failure: LaneFailure, waiting: Waiting, signal: AbortSignal): Promise<void> {
  const { error, failures, retryAfterMs, since } = failure
  const waitMs = retryDelay(defaultRetryPolicy, failures, Math.random(), retryAfterMs)
  if (waitMs === undefined || failures >= waiting.attempts) {
    const askedMs = waitMs === undefined ? retryAfterMs : undefined
    const tried = { attempts: failures, milliseconds: performance.now() - since, askedMs }
    throw failures > 1 || askedMs !== undefined ? error.afterTrying(tried) : error
  }
  waiting.retried({ attempt: failures, waitSeconds: waitMs / 1000, reason: error.message })
  await sleep(waitMs, undefined, { signal })
}
