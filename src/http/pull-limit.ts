import { LadingError } from '../errors/index.ts'
import { parseRetryAfter } from './retry.ts'

interface Refusal {
  readonly host: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/**
 * The error of a 429 that says that a quota of pulls is used up, or `undefined` for one that only asks to slow down.
 *
 * Docker Hub: `ratelimit-limit: 100;w=21600`, `ratelimit-remaining: 0;w=21600` (pulls per window in seconds), and a body of code
 * TOOMANYREQUESTS that speaks of the pull rate limit. Waiting hours in a retry would look like a hang.
 */
export function pullLimitError({ host, headers, body }: Refusal, now: number): LadingError | undefined {
  const limit = quota(headers.get('ratelimit-limit'))
  const remaining = quota(headers.get('ratelimit-remaining'))
  const stated = /TOOMANYREQUESTS/i.test(body) && /pull (rate )?limit/i.test(body)
  if (remaining?.count !== 0 && !stated) return undefined
  const window = remaining?.windowSeconds ?? limit?.windowSeconds
  const left = `${remaining?.count ?? 0}${limit === undefined ? '' : ` of ${limit.count}`} pulls remain`
  const per = window === undefined ? '' : ` per ${duration(window)}`
  const reset = resetSeconds(headers, now)
  const when =
    reset !== undefined
      ? `it resets in ${duration(reset)}`
      : window !== undefined
        ? `it resets within ${duration(window)}`
        : 'it does not say when it resets'
  return new LadingError('rate-limited', `the pull limit of ${host} is used up: ${left}${per}; ${when}`, {
    status: 429,
    hint: 'log in with `lading login` for a higher limit, or try again after the reset',
  })
}

/** `100;w=21600` */
function quota(value: string | undefined): { count: number; windowSeconds?: number } | undefined {
  const match = /^\s*(\d+)\s*(?:;\s*w=(\d+))?/.exec(value ?? '')
  if (match?.[1] === undefined) return undefined
  return { count: Number(match[1]), ...(match[2] === undefined ? {} : { windowSeconds: Number(match[2]) }) }
}

/** `ratelimit-reset` is seconds from now in the IETF draft, and a Unix time in what some servers send. */
function resetSeconds(headers: ReadonlyMap<string, string>, now: number): number | undefined {
  const reset = quota(headers.get('ratelimit-reset'))?.count
  if (reset !== undefined) return reset > 1_000_000_000 ? Math.max(0, reset - Math.floor(now / 1000)) : reset
  const after = parseRetryAfter(headers.get('retry-after'), now)
  return after === undefined ? undefined : Math.ceil(after / 1000)
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return `${minutes} min`
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
