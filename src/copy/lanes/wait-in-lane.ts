import { setTimeout as sleep } from 'node:timers/promises'
import { isLadingError, type LadingError } from '../../errors/index.ts'
import { defaultRetryPolicy, retryDelay } from '../../http/index.ts'
import type { Retry } from './outcome.ts'

/** Breaks in a row, without a byte between them, after which a source is given up: as many as where bytes pass as a stream. */
const maxBreaks = 4
const firstWaitMs = 250

/** What has failed. */
export interface LaneFailure {
  readonly error: LadingError
  /** Failures in a row, this one counted. */
  readonly failures: number
  /** What the server asked for. */
  readonly retryAfterMs: number | undefined
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
  if (!isLadingError(failure.error, 'network', 'timeout')) return await waitForServer(failure, waiting, signal)
  if (failure.failures >= maxBreaks) throw failure.error
  await wait(firstWaitMs * 2 ** (failure.failures - 1) * (0.5 + Math.random() / 2), failure, waiting, signal)
}

/**
 * Waits as the HTTP client does before it sends a request again.
 *
 * @throws the failure's error once it has been tried often enough
 */
export async function waitForServer(failure: LaneFailure, waiting: Waiting, signal: AbortSignal): Promise<void> {
  const { error, failures, retryAfterMs } = failure
  const waitMs = retryDelay(defaultRetryPolicy, failures, Math.random(), retryAfterMs)
  if (waitMs === undefined || failures >= waiting.attempts) throw error
  await wait(waitMs, failure, waiting, signal)
}

async function wait(waitMs: number, failure: LaneFailure, { retried }: Waiting, signal: AbortSignal): Promise<void> {
  retried({ attempt: failure.failures, waitSeconds: waitMs / 1000, reason: failure.error.message })
  await sleep(waitMs, undefined, { signal })
}
