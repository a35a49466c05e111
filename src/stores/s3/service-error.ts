/** An error as S3 answered it: its code, and where it says so the region to go to. */
export interface ServiceError {
  /** S3's error code; for an answer without a body (to HEAD) the SDK's guess from the status. */
  readonly name: string
  readonly message: string
  readonly status: number
  readonly region: string | undefined
  /** The server's clock. */
  readonly date: string | undefined
}

/** What the SDK threw, where the server had answered; `undefined` for everything else. */
export function serviceError(error: unknown): ServiceError | undefined {
  if (!(error instanceof Error) || !('$metadata' in error) || !('$fault' in error)) return undefined
  const status = field(error.$metadata, 'httpStatusCode')
  if (typeof status !== 'number') return undefined
  const headers = '$response' in error ? field(error.$response, 'headers') : undefined
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
  return {
    name: error.name,
    message: error.message,
    status,
    region: text(field(error, 'Region')) ?? text(field(headers, 'x-amz-bucket-region')),
    date: text(field(headers, 'date')),
  }
}

/**
 * The SDK's error as whoever looks for the cause may see it. Its own holds the whole answer, where a server repeats what it was told: the string
 * to sign, and the session token.
 */
export function withoutWords({ name, status }: ServiceError, error: unknown): Error {
  const stack = error instanceof Error ? (error.stack ?? '').split('\n').filter(line => /^ +at /.test(line)) : []
  const told = Object.assign(new Error(`the server answered ${status}`), {
    name,
    $fault: 'server',
    $metadata: { httpStatusCode: status },
  })
  told.stack = [`${name}: ${told.message}`, ...stack].join('\n')
  return told
}

/** The region that a refusal names: the request was signed for another, or sent to another's endpoint. */
export function regionToGoTo(error: ServiceError): string | undefined {
  const misdirected =
    [301, 307].includes(error.status) ||
    ['AuthorizationHeaderMalformed', 'IllegalLocationConstraintException'].includes(error.name) ||
    // to a HEAD, which has no body to say why
    (error.status === 400 && error.name !== 'ExpiredToken')
  return misdirected ? error.region : undefined
}

export function saysExpired(error: ServiceError): boolean {
  return ['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired'].includes(error.name)
}

/** S3: requests that were signed further away from its own time are refused. */
const maxSkewMs = 15 * 60_000

/** How far this machine's clock is from the server's, in minutes, where that is why a request was refused. */
export function skewMinutes({ status, name, date }: ServiceError): number | undefined {
  const skewMs = date === undefined ? Number.NaN : Date.now() - Date.parse(date)
  // A refused HEAD has no code.
  const refused = name === 'RequestTimeTooSkewed' || (status === 403 && Math.abs(skewMs) > maxSkewMs)
  return refused && !Number.isNaN(skewMs) ? Math.round(skewMs / 60_000) : undefined
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined
}
