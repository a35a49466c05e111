/** What a code means to a script (exit), to an HTTP client (http), and to the retry policy (retryable). */
export interface ErrorCodeEntry {
  readonly exit: number
  readonly http: number
  readonly retryable: boolean
  readonly meaning: string
  /** What to do about it, when the place that failed has nothing more exact to say. */
  readonly hint?: string
}

/**
 * Every way in which lading fails. The set is closed: a new failure either is one of these or adds a line here, and the
 * page `docs/errors.md` is generated from it.
 *
 * Exit codes: 1 the operation failed or a condition was not met, 2 what was asked for does not exist, 3 credentials or
 * permission, 4 content that is not what it claims to be, 5 the other side or the network, 6 this machine's disk,
 * 64 the command line, 130 interrupted.
 */
export const errorCodes = {
  // the command line
  'bad-argument': { exit: 64, http: 400, retryable: false, meaning: 'An option or argument is not valid.' },
  'bad-reference': { exit: 64, http: 400, retryable: false, meaning: 'A reference does not follow its grammar.' },
  unsupported: { exit: 64, http: 501, retryable: false, meaning: 'This is valid, but lading cannot do it.' },
  // what this machine is told of registries
  'bad-config': { exit: 1, http: 500, retryable: false, meaning: 'A configuration file cannot be used.' },
  blocked: { exit: 1, http: 403, retryable: false, meaning: 'registries.conf forbids to ask this registry.' },
  untrusted: {
    exit: 1,
    http: 403,
    retryable: false,
    meaning: 'The trust policy does not accept the image, or a signature that is asked for is absent or not valid.',
  },
  'bad-key': { exit: 1, http: 500, retryable: false, meaning: 'A key is absent, unreadable or of the wrong kind.' },
  findings: {
    exit: 1,
    http: 409,
    retryable: false,
    meaning: 'A scan found something at or above the severity that was named.',
  },
  // what was asked for is not there
  'image-not-found': { exit: 2, http: 404, retryable: false, meaning: 'The image, tag or manifest does not exist.' },
  'blob-not-found': { exit: 2, http: 404, retryable: false, meaning: 'A blob that the image needs does not exist.' },
  'bucket-not-found': {
    exit: 2,
    http: 404,
    retryable: false,
    meaning: 'The bucket, layout or directory does not exist.',
  },
  'platform-not-found': { exit: 2, http: 404, retryable: false, meaning: 'The image has no such platform.' },
  // who is asking
  unauthorized: {
    exit: 3,
    http: 401,
    retryable: false,
    meaning: 'The credentials are missing or were refused.',
    hint: 'log in with `lading login REGISTRY`, or name an authentication file with --authfile',
  },
  denied: {
    exit: 3,
    http: 403,
    retryable: false,
    meaning: 'The credentials are valid but do not allow this.',
  },
  'no-key': {
    exit: 3,
    http: 403,
    retryable: false,
    meaning: 'A layer is encrypted, and none of the keys that were given opens it.',
  },
  'credential-helper': { exit: 3, http: 401, retryable: false, meaning: 'A credential helper failed.' },
  'bad-auth-file': { exit: 3, http: 401, retryable: false, meaning: 'An authentication file cannot be used.' },
  // content
  'digest-mismatch': {
    exit: 4,
    http: 400,
    retryable: true,
    meaning: 'The bytes do not have the digest they were named by.',
  },
  'size-mismatch': { exit: 4, http: 400, retryable: true, meaning: 'The bytes are more or fewer than was said.' },
  'not-authentic': {
    exit: 4,
    http: 400,
    retryable: false,
    meaning: 'An encrypted layer is not what was encrypted.',
  },
  'bad-manifest': { exit: 4, http: 400, retryable: false, meaning: 'A manifest, index or config is malformed.' },
  'bad-layout': {
    exit: 4,
    http: 400,
    retryable: false,
    meaning: 'A directory or bucket is not laid out as it must be.',
  },
  'bad-archive': {
    exit: 4,
    http: 400,
    retryable: false,
    meaning: 'A tar archive is truncated, malformed, or not one of an image.',
  },
  'bad-compression': {
    exit: 4,
    http: 400,
    retryable: false,
    meaning: 'Compressed content is truncated, malformed, or followed by something else.',
  },
  'manifest-refused': {
    exit: 1,
    http: 415,
    retryable: false,
    meaning: 'The registry does not take such a manifest.',
  },
  'too-large': { exit: 4, http: 413, retryable: false, meaning: 'A document is larger than its limit.' },
  unhealthy: {
    exit: 1,
    http: 500,
    retryable: false,
    meaning: 'A bucket holds something that is incomplete or damaged, or a configuration that cannot be read.',
  },
  // conditions
  'tag-exists': { exit: 1, http: 409, retryable: false, meaning: 'The tag exists and may not be moved.' },
  'precondition-failed': { exit: 1, http: 412, retryable: false, meaning: 'An object changed since it was read.' },
  // the other side and the way there
  'rate-limited': { exit: 5, http: 429, retryable: false, meaning: 'The server refuses more requests for now.' },
  'server-error': { exit: 5, http: 502, retryable: true, meaning: 'The server failed.' },
  'protocol-error': { exit: 5, http: 502, retryable: false, meaning: 'The server answered against its specification.' },
  network: { exit: 5, http: 502, retryable: true, meaning: 'The connection failed.' },
  timeout: { exit: 5, http: 504, retryable: true, meaning: 'The other side did not answer in time.' },
  tls: { exit: 5, http: 502, retryable: false, meaning: 'The TLS connection could not be trusted.' },
  'daemon-unavailable': {
    exit: 5,
    http: 502,
    retryable: false,
    meaning: 'The Docker daemon does not answer.',
  },
  // this machine
  'program-not-found': {
    exit: 6,
    http: 501,
    retryable: false,
    meaning: 'A program that this needs is not installed.',
  },
  'program-failed': {
    exit: 6,
    http: 500,
    retryable: false,
    meaning: 'A program that this was given to failed.',
  },
  'disk-full': { exit: 6, http: 507, retryable: false, meaning: 'The disk or quota is full.' },
  io: { exit: 6, http: 500, retryable: false, meaning: 'A file or directory could not be read or written.' },
  // the rest
  interrupted: { exit: 130, http: 499, retryable: false, meaning: 'The operation was interrupted.' },
  internal: { exit: 1, http: 500, retryable: false, meaning: 'A defect in lading.' },
} as const satisfies Record<string, ErrorCodeEntry>

export type ErrorCode = keyof typeof errorCodes
