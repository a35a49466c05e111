/** When what failed is tried again, and after how long: a request, an upload of several, the rest of a blob that broke off. */
export interface RetryPolicy {
  readonly attempts: number
  readonly firstDelayMs: number
  readonly maxDelayMs: number
  /** A server that asks for a longer wait is not waited for. */
  readonly maxRetryAfterMs: number
  /** No attempt begins later than this after the first one. */
  readonly budgetMs: number
}

export const defaultRetryPolicy: RetryPolicy = {
  attempts: 5,
  firstDelayMs: 500,
  maxDelayMs: 30_000,
  maxRetryAfterMs: 120_000,
  budgetMs: 300_000,
}

/** How often bytes are sent in all that do not arrive as they were sent: more of that is no accident. */
export const damagedAttempts = 3

/** Statuses that say "not now": RFC 9110 section 15, and 429 of RFC 6585. */
const transientStatuses: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504])

export function isTransientStatus(status: number): boolean {
  return transientStatuses.has(status)
}

/**
 * How long to wait after attempt `attempt` (from 1), or `undefined` where the server asks for more than the policy allows.
 *
 * Full jitter: many clients that fail together must not come back together.
 */
export function retryDelay(
  policy: RetryPolicy,
  attempt: number,
  random: number,
  retryAfterMs: number | undefined,
): number | undefined {
  if (retryAfterMs !== undefined) return retryAfterMs > policy.maxRetryAfterMs ? undefined : retryAfterMs
  return Math.round(random * Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** (attempt - 1)))
}

/** RFC 9110 section 10.2.3: seconds, or a date. In milliseconds from `now`; `undefined` where it is neither. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  if (/^\d+$/.test(text)) return Number(text) * 1000
  // Date.parse takes almost anything, "5 apples" too: only a date with a weekday is one.
  const date = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
