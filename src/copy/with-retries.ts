import { setTimeout as sleep } from 'node:timers/promises'
import { LadingError } from '../errors/index.ts'
import type { CopyListener } from './events.ts'

interface Retries {
  readonly times: number
  /** 0 or absent: 1, 2, 4, 8 … */
  readonly delaySeconds?: number | undefined
  /** What is tried again, for whoever listens. */
  readonly subject: string
  readonly listen?: CopyListener | undefined
  readonly signal?: AbortSignal | undefined
}

/** setTimeout takes no more, and calls at once what is longer. */
const maxWaitMs = 2 ** 31 - 1

/**
 * Runs an operation, and again where it fails in a way that may pass.
 *
 * @param wait waits so many milliseconds
 * @throws what the last attempt throws; LadingError `bad-argument`
 */
export async function withRetries<T>(
  { times, delaySeconds = 0, subject, listen, signal }: Retries,
  operation: () => Promise<T>,
  wait: (milliseconds: number) => Promise<void> = milliseconds =>
    sleep(milliseconds, undefined, signal === undefined ? {} : { signal }),
): Promise<T> {
  if (!Number.isSafeInteger(times) || times < 0) {
    throw new LadingError('bad-argument', `the number of retries is ${times}; it must be 0 or more`)
  }
  if (!(delaySeconds >= 0)) {
    throw new LadingError('bad-argument', `the delay between retries is ${delaySeconds} s; it must be 0 or more`)
  }
  for (let attempt = 1; ; attempt++) {
    try {
      return await operation()
    } catch (error) {
      const again = error instanceof LadingError && error.retryable && attempt <= times && !signal?.aborted
      if (!again) throw error
      const waitMs = Math.min((delaySeconds > 0 ? delaySeconds : 2 ** (attempt - 1)) * 1000, maxWaitMs)
      listen?.({ type: 'retried', subject, attempt, waitSeconds: waitMs / 1000, reason: error.message, whole: true })
      await wait(waitMs)
    }
  }
}
