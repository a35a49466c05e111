import { type ErrorCode, isLadingError, LadingError } from '../../errors/index.ts'
import { redactText } from '../../http/index.ts'
import type { S3Settings } from './s3-settings.ts'
import { type ServiceError, serviceError, withoutWords } from './service-error.ts'

/** What was asked, for the errors that speak of it. */
export interface AskedOf {
  readonly settings: S3Settings
  /** The region that the request was signed for. */
  readonly region: string
  /** What the identity needs to be allowed: `s3:GetObject`. */
  readonly permission: string
}

type Explanation = (error: ServiceError, asked: AskedOf) => readonly [ErrorCode, message: string, hint?: string]

const credentialsHint =
  'check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or choose a profile with --profile; `aws sts get-caller-identity` says who you are'

/** S3 API reference, "Error responses": what each code means to a user, and the fix. */
const explanations: Readonly<Record<string, Explanation>> = {
  NoSuchKey: () => ['blob-not-found', 'there is no such object'],
  NoSuchBucket: (_, { settings }) => [
    'bucket-not-found',
    `there is no bucket ${settings.bucket} at ${serverOf(settings)}`,
    'check its name and the endpoint; lading makes no buckets: `aws s3 mb` does',
  ],
  AccessDenied: denied,
  Forbidden: denied,
  AllAccessDisabled: denied,
  InvalidAccessKeyId: (_, { settings }) => [
    'unauthorized',
    `${serverOf(settings)} does not know the access key`,
    credentialsHint,
  ],
  SignatureDoesNotMatch: () => [
    'unauthorized',
    'the signature was refused: the secret key does not belong to the access key',
    credentialsHint,
  ],
  InvalidToken: () => ['unauthorized', 'the session token was refused', credentialsHint],
  ExpiredToken: () => [
    'unauthorized',
    'the session token has expired',
    'get new credentials (`aws sso login`, or whoever gave AWS_SESSION_TOKEN) and run the same again: finished blobs stay',
  ],
  RequestTimeTooSkewed: ({ date }) => [
    'unauthorized',
    `the clock of this machine is wrong${date === undefined ? '' : `: the server's says ${date}`}`,
    'set the clock (NTP): S3 refuses requests signed more than 15 minutes away from its own time',
  ],
  AuthorizationHeaderMalformed: wrongRegion,
  PermanentRedirect: wrongRegion,
  TemporaryRedirect: wrongRegion,
  IllegalLocationConstraintException: wrongRegion,
  InvalidObjectState: () => [
    'denied',
    'the object is archived (Glacier) and cannot be read before it is restored',
    'restore it with `aws s3api restore-object`, or push the image again to another bucket',
  ],
  SlowDown: overloaded,
  XAmzContentSHA256Mismatch: damaged,
  BadDigest: damaged,
  KeyTooLongError: () => ['bad-argument', 'the key is longer than the 1024 bytes that S3 allows, with its prefix'],
  InvalidBucketName: (_, { settings }) => ['bad-reference', `${JSON.stringify(settings.bucket)} is no bucket's name`],
  EntityTooLarge: () => ['too-large', 'the object is larger than the server allows'],
  QuotaExceeded: () => ['denied', 'the quota of the bucket or account is used up'],
  InsufficientCapacity: () => ['server-error', 'the server has no space left'],
}

/** The bytes that arrived were not those that were sent: sending them again is the cure. */
export function isDamage(error: unknown): boolean {
  const service = isLadingError(error) ? serviceError(error.cause) : undefined
  return service !== undefined && ['XAmzContentSHA256Mismatch', 'BadDigest'].includes(service.name)
}

/** S3's name of the error that a LadingError was made of. */
export function codeOf(error: unknown): string | undefined {
  return isLadingError(error) ? serviceError(error.cause)?.name : undefined
}

/**
 * What the SDK threw, in lading's words: one line and the fix. No signature, token or key stands in it.
 *
 * @param status of the answer, where there was one
 */
export function explainError(error: unknown, asked: AskedOf, status?: number): unknown {
  if (error instanceof LadingError) return aboutEndpoint(error, asked)
  const service = serviceError(error)
  if (service === undefined)
    return isUnreadable(error) ? explainUnreadable(error, asked, status) : explainLocal(error, asked)
  return explain(service, asked, withoutWords(service, error))
}

/** What the answer to a request for many objects says of one of them. */
export function explainCode(name: string, message: string, asked: AskedOf): LadingError {
  const status = name === 'AccessDenied' ? 403 : 500
  return explain({ name, message, status, region: undefined, date: undefined }, asked)
}

function explain(service: ServiceError, asked: AskedOf, cause?: unknown): LadingError {
  const known = Object.hasOwn(explanations, service.name) ? explanations[service.name] : undefined
  const [code, message, hint] = (known ?? byStatus)(service, asked)
  return new LadingError(code, message, { hint, cause, status: service.status })
}

function byStatus(error: ServiceError, asked: AskedOf): ReturnType<Explanation> {
  const { status } = error
  if (status === 401 || status === 403) return denied(error, asked)
  if (status === 404) return ['blob-not-found', 'there is no such object']
  if (status === 412) return ['precondition-failed', 'it is not the version that was asked for']
  if (status === 429) return overloaded(error, asked)
  const said = redactText(`${error.name}: ${error.message}`)
  if (status === 503) return overloaded(error, asked)
  if (status === 501) return ['unsupported', `${serverOf(asked.settings)} cannot do this: ${said}`]
  if (status >= 500) return ['server-error', `${serverOf(asked.settings)} answered ${status}: ${said}`]
  return ['protocol-error', `${serverOf(asked.settings)} answered ${status}: ${said}`]
}

function denied({ message }: ServiceError, { settings, permission }: AskedOf): ReturnType<Explanation> {
  // To HEAD nothing is said; SDK and Ceph then repeat the code.
  const said = /\s/.test(message) && !/^Access ?Denied\.?$/i.test(message) ? `: ${redactText(message)}` : ''
  const also = permission === 's3:GetObject' ? '; without s3:ListBucket, S3 answers the same for an absent object' : ''
  const on = /:(List|Get)Bucket/.test(permission) ? settings.bucket : `${settings.bucket}/${settings.prefix}*`
  return ['denied', `access is denied${said}`, `the identity needs ${permission} on arn:aws:s3:::${on}${also}`]
}

function wrongRegion(error: ServiceError, { settings, region }: AskedOf): ReturnType<Explanation> {
  const where = error.region === undefined ? 'is not' : `is in ${error.region}, not`
  return [
    'bad-argument',
    `the bucket ${settings.bucket} ${where} in ${region}`,
    `name its region with --region${error.region === undefined ? '' : ` ${error.region}`} or AWS_REGION`,
  ]
}

/** HEAD is answered 503 without the code, SlowDown. */
function overloaded(_: ServiceError, { settings }: AskedOf): ReturnType<Explanation> {
  return [
    'rate-limited',
    `${serverOf(settings)} asks for fewer requests, and did so at every attempt`,
    'use fewer --jobs, or try again later',
  ]
}

function damaged(): ReturnType<Explanation> {
  return [
    'network',
    'the bytes that arrived are not those that were sent',
    'try again; if it happens again, something on the way to the server changes what passes',
  ]
}

/** The HTTP client speaks of registries, and S3's hosts are made of bucket and region. */
function aboutEndpoint(error: LadingError, { settings, region }: AskedOf): LadingError {
  if (error.code !== 'network' || error.status !== undefined) return error
  const hint =
    settings.endpoint === undefined
      ? `check the network, and that ${region} is the bucket's region`
      : `check the endpoint ${settings.endpoint.origin} (--endpoint, AWS_ENDPOINT_URL_S3), and that the server runs`
  return new LadingError(error.code, error.message, { hint, cause: error.cause, tried: error.tried })
}

function explainLocal(error: unknown, { settings }: AskedOf): unknown {
  if (!(error instanceof Error)) return error
  // of every provider; SSO names the command that helps in its message
  if (/Credentials|TokenProvider/.test(error.name)) {
    const why = redactText(error.message.split('\n')[0] ?? '')
    return new LadingError('unauthorized', `there are no AWS credentials: ${why}`, {
      hint: credentialsHint,
      cause: error,
    })
  }
  // The SDK read an answer and did not understand it: no XML, a time that is none.
  if ('$response' in error) {
    const [why = ''] = error.message.split('\n')
    return new LadingError('protocol-error', `${serverOf(settings)} does not answer like S3: ${redactText(why)}`, {
      hint: 'check that the endpoint is one of S3, and what stands before it',
      cause: error,
    })
  }
  return error
}

/** What the SDK throws where an answer is no XML. */
function isUnreadable(error: unknown): boolean {
  return error instanceof Error && /Deserialization error|XML parse error/.test(error.message)
}

/** Of a refusal the status says enough. */
function explainUnreadable(cause: unknown, asked: AskedOf, status = 200): LadingError {
  if (status >= 400)
    return explain({ name: 'Unknown', message: 'no reason', status, region: undefined, date: undefined }, asked, cause)
  return new LadingError('protocol-error', `${serverOf(asked.settings)} answered with what cannot be read`, {
    cause,
    status,
  })
}

function serverOf({ endpoint }: S3Settings): string {
  return endpoint?.host ?? 'Amazon S3'
}
