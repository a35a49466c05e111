import { parseEcrRegistry } from '../../auth/index.ts'
import { type ErrorCode, LadingError } from '../../errors/index.ts'
import { type HttpResponse, parseRetryAfter, redactText } from '../../http/index.ts'
import { limits } from '../../model/limits.ts'
import { readJson } from '../../model/read-json.ts'
import { readAll } from '../../streams/index.ts'

interface Asked {
  readonly registry: string
  readonly repository: string
  /** `blob sha256:…` */
  readonly subject: string
  readonly absent: 'image-not-found' | 'blob-not-found' | undefined
  readonly anonymous: boolean
  /** The token that was refused is one that the user gave, not one of the token server. */
  readonly tokenGiven: boolean
  /** Credential helpers that failed on the way. */
  readonly problems: readonly string[]
}

/** What a registry says is wrong: distribution specification, "Error Codes". */
interface Stated {
  readonly code: string
  readonly message: string
}

/** More than any error that a registry writes, and a bound on what one may make us hold. */
const maxErrorBytes = limits.errorBytes

/** As far as clocks differ that nobody keeps, and further than those that are kept. */
const tellingSkewMs = 120_000

/** The error that an answer of a registry means. */
export async function refusalError(response: HttpResponse, asked: Asked): Promise<LadingError> {
  return (await meaningOf(response, asked)).afterTrying(response.tried)
}

async function meaningOf(response: HttpResponse, asked: Asked): Promise<LadingError> {
  const { status } = response
  const stated =
    status < 400
      ? undefined
      : readStated(new TextDecoder().decode(await readAll(response.body, maxErrorBytes, 'the answer')))
  await response.discard()
  const says = stated === undefined ? '' : `: ${[stated.code, stated.message].filter(Boolean).join(', ')}`
  const where = `${asked.registry}/${asked.repository}`
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), Date.now())
  const fail = (code: ErrorCode, message: string, hint?: string) =>
    new LadingError(code, message, { status, hint, retryAfterMs })

  if (stated?.code === 'MANIFEST_BLOB_UNKNOWN') {
    const message = `${where} does not have all that ${asked.subject} names${says}`
    return fail('blob-not-found', message, 'it takes an index only where every manifest that it names is there')
  }
  switch (status) {
    case 401:
    case 403:
      return refused(response, asked, `${where}${says}`)
    case 404:
      if (asked.absent !== undefined) return fail(asked.absent, `${where} has no ${asked.subject}`)
      if (stated?.code === 'NAME_UNKNOWN') {
        const ecr = parseEcrRegistry(asked.registry) !== undefined
        const hint = ecr ? 'make it in ECR, or let --create-repository do it' : 'make it there first'
        return fail('image-not-found', `${asked.registry} has no repository ${asked.repository}${says}`, hint)
      }
      return fail('protocol-error', `${asked.registry} does not know how to answer for ${asked.subject}${says}`)
    case 413:
      return fail('too-large', `${asked.registry} takes no request as large as ${asked.subject}${says}`, chunkHint)
    case 429:
      return fail('rate-limited', `${asked.registry} answers no more requests for now${says}`, 'try again later')
    default:
      break
  }
  if (status >= 500) return fail('server-error', `${asked.registry} answered ${status} for ${asked.subject}${says}`)
  if (stated?.code === 'DIGEST_INVALID' || stated?.code === 'SIZE_INVALID') {
    return fail('digest-mismatch', `${asked.registry} received other bytes than ${asked.subject}${says}`)
  }
  if (status === 415 || stated?.code === 'MANIFEST_INVALID') {
    return fail('manifest-refused', `${asked.registry} does not take ${asked.subject}${says}`)
  }
  // No registry has a code of its own for it: Amazon's says TAG_INVALID, Harbor's PRECONDITION, both in these words.
  if (status < 500 && /immutable/i.test(says)) {
    return fail('tag-exists', `${where}: ${asked.subject} exists, and its registry lets no tag be moved${says}`)
  }
  return fail('protocol-error', `${asked.registry} answered ${status} for ${asked.subject}${says}`)
}

const chunkHint =
  'raise the limit for request bodies at the registry, or at the proxy before it (nginx: client_max_body_size)'

/** 401 says both "who are you" and "not you": only a credential that was sent makes it the second. */
function refused(response: HttpResponse, asked: Asked, where: string): LadingError {
  const { status } = response
  const challenge = response.headers.get('www-authenticate') ?? ''
  const insufficient = /insufficient_scope/.test(challenge)
  const login = `log in with \`lading login ${asked.registry}\``
  const problems =
    asked.problems.length === 0 ? '' : `; no credentials came from a helper: ${asked.problems.join('; ')}`
  if (status === 401 && /error="?invalid_token/.test(challenge)) return tokenRefused(response, asked, where)
  if (asked.anonymous) {
    const message = `it does not exist, or is not for anonymous users: ${where}`
    return new LadingError(status === 401 ? 'unauthorized' : 'denied', message, { status, hint: login + problems })
  }
  if (status === 403 || insufficient) {
    const hint = `use an account that may, or check the name of the repository${problems}`
    return new LadingError('denied', `the account may not do this in ${where}`, { status, hint })
  }
  return new LadingError('unauthorized', `the credentials were refused for ${where}`, {
    status,
    hint: `${login} again${problems}`,
  })
}

/** A token was there, and was not taken: no login helps against that, where it is the token server's. */
function tokenRefused(response: HttpResponse, asked: Asked, where: string): LadingError {
  const { status } = response
  if (asked.tokenGiven) {
    const hint = 'get a new one: tokens of registries hold for minutes'
    return new LadingError('unauthorized', `the registry token has expired, or is not for ${where}`, { status, hint })
  }
  const skewMs = Date.now() - Date.parse(response.headers.get('date') ?? '')
  const clocks =
    Math.abs(skewMs) > tellingSkewMs
      ? `this machine's clock is ${Math.round(Math.abs(skewMs) / 60_000)} minutes ${skewMs > 0 ? 'ahead of' : 'behind'} the registry's; if it is the one that is wrong, set it`
      : 'to it the token may be expired or not valid yet: the clocks of the two differ, or it does not trust this token server; who runs them can say'
  return new LadingError('unauthorized', `the registry refuses the token that its token server gave for ${where}`, {
    status,
    hint: clocks,
  })
}

/** `{"errors": [{code, message, detail}]}`, one of the older shapes, or nothing that can be shown. */
function readStated(text: string): Stated | undefined {
  let value: unknown
  try {
    value = readJson(text)
  } catch {
    const plain = redactText(text, 120)
    return plain === '' || plain.startsWith('<') ? undefined : { code: '', message: plain }
  }
  const document = asRecord(value)
  const first = asRecord(Array.isArray(document?.errors) ? document.errors[0] : document)
  if (first === undefined) return undefined
  const shown = (field: unknown) => (typeof field === 'string' ? redactText(field) : '')
  const stated = { code: shown(first.code), message: shown(first.message) || shown(first.detail) || shown(first.error) }
  return stated.code === '' && stated.message === '' ? undefined : stated
}

function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined // any object has fields
}
