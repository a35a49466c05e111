import { LadingError, systemCode } from '../errors/index.ts'
import type { Timeouts } from './timeouts.ts'

/** Why a request has no answer, and when sending it again is safe and useful. */
export interface NetworkFailure {
  readonly error: LadingError
  /** `always`: it did not reach the server. `if-idempotent`: it may have. */
  readonly retry: 'never' | 'always' | 'if-idempotent'
}

interface Attempt {
  readonly url: URL
  readonly proxy: URL | undefined
  readonly timeouts: Timeouts
  /** Whether the head of the answer had come. */
  readonly answered?: boolean
}

const proxyHint = 'check HTTPS_PROXY, HTTP_PROXY and NO_PROXY'
const insecureHint = 'if you trust it without a certificate, pass --tls-verify=false'
const clientCertificateHint =
  'for a registry put NAME.cert and NAME.key into a folder, and name it with --cert-dir; for Docker cert.pem and key.pem'

/** Codes of OpenSSL and Node for a certificate that is signed by nobody we know. */
const unknownAuthority: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** What OpenSSL says when the bytes that come back are no TLS. */
const notTls: ReadonlySet<string> = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
  'EPROTO',
])

/** Whether an error says that the other side answered, but not in TLS. */
export function speaksNoTls(error: LadingError): boolean {
  return error.code === 'tls' && notTls.has(systemCode(error.cause) ?? '')
}

/** A failure of the connection, in lading's words. */
export function networkFailure(cause: unknown, attempt: Attempt): NetworkFailure {
  const code = systemCode(cause) ?? ''
  const host = attempt.url.host
  // Behind a proxy every connection is one to the proxy, and so is one that fails to be made.
  const connected = attempt.proxy === undefined ? host : `the proxy ${attempt.proxy.host}`
  const runs = attempt.proxy === undefined ? 'check that the server runs, and its port' : proxyHint
  const via = attempt.proxy === undefined ? '' : `, through the proxy ${attempt.proxy.host}`
  const network = (message: string, retry: NetworkFailure['retry'], hint?: string) =>
    failure('network', message + via, retry, cause, hint)
  const timeout = (message: string, retry: NetworkFailure['retry']) => failure('timeout', message + via, retry, cause)

  switch (code) {
    case 'ENOTFOUND':
      return network(
        `there is no host ${nameLookedUp(cause, attempt)}`,
        'never',
        'check the name of the host, and the DNS',
      )
    case 'EAI_AGAIN':
      return network(
        `the name ${nameLookedUp(cause, attempt)} could not be looked up`,
        'always',
        'check the DNS of this machine',
      )
    case 'ECONNREFUSED':
      return failure('network', `${connected} refuses connections`, 'always', cause, runs)
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return failure(
        'network',
        `there is no route to ${connected}`,
        'always',
        cause,
        'check the network of this machine',
      )
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return failure(
        'timeout',
        `no connection to ${connected} within ${seconds(attempt.timeouts.connectMs)}`,
        'always',
        cause,
      )
    case 'UND_ERR_HEADERS_TIMEOUT':
      return timeout(`${host} did not answer within ${seconds(attempt.timeouts.answerMs)}`, 'if-idempotent')
    case 'UND_ERR_BODY_TIMEOUT':
      return timeout(`${host} sent nothing for ${seconds(attempt.timeouts.idleMs)}`, 'if-idempotent')
    case 'ECONNRESET':
    case 'EPIPE':
      return network(`the connection to ${host} was reset`, 'if-idempotent')
    case 'UND_ERR_SOCKET':
      return network(`${host} closed the connection before the answer was complete`, 'if-idempotent')
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return network(`${host} sent another length than it had said`, 'if-idempotent')
    case 'UND_ERR_HEADERS_OVERFLOW':
    case 'HPE_HEADER_OVERFLOW':
      return failure('protocol-error', `${host} sends headers that are too large`, 'never', cause)
    default:
      // In the middle of an answer it is damage, and asking again is the cure.
      if (isNoHttp(cause, code) && attempt.answered)
        return network(`the answer of ${host} is damaged: it is no longer HTTP`, 'if-idempotent')
      return tlsFailure(code, host, cause) ?? otherFailure(code, host, via, cause)
  }
}

function tlsFailure(code: string, host: string, cause: unknown): NetworkFailure | undefined {
  const tls = (message: string, hint: string) => failure('tls', message, 'never', cause, hint)
  if (unknownAuthority.has(code)) {
    const hint = `add its authority with NODE_EXTRA_CA_CERTS=FILE, for a registry also with --cert-dir; ${insecureHint}`
    return tls(`the certificate of ${host} is signed by an unknown authority`, hint)
  }
  if (code === 'CERT_HAS_EXPIRED') return tls(`the certificate of ${host} has expired`, insecureHint)
  if (code === 'CERT_NOT_YET_VALID')
    return tls(`the certificate of ${host} is not valid yet`, `check this machine's clock; ${insecureHint}`)
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return tls(`the certificate of ${host} is for another name`, insecureHint)
  if (notTls.has(code)) {
    return tls(`${host} does not speak TLS, perhaps it speaks plain HTTP`, 'to use plain HTTP, pass --tls-verify=false')
  }
  if (/_ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA|UNSUPPORTED_CERTIFICATE)$/.test(code)) {
    return tls(`${host} wants a certificate of this client that it knows`, clientCertificateHint)
  }
  if (/^(ERR_SSL_|ERR_TLS_|CERT_|UND_ERR_PRX_TLS)/.test(code)) {
    return tls(`no TLS connection to ${host} (${code.replace(/^ERR_/, '')})`, insecureHint)
  }
  return undefined
}

function otherFailure(code: string, host: string, via: string, cause: unknown): NetworkFailure {
  if (isNoHttp(cause, code)) {
    const hint = 'perhaps it speaks HTTPS there, or another protocol'
    return failure('protocol-error', `${host} does not answer in HTTP`, 'if-idempotent', cause, hint)
  }
  const message = cause instanceof Error ? cause.message : String(cause)
  const refused = /^Proxy response \((\d+)\)/.exec(message)?.[1]
  const proxyStatus = refused ?? (/\(407\)/.test(message) ? '407' : undefined)
  if (proxyStatus !== undefined) {
    const hint = proxyStatus === '407' ? 'put user and password into the proxy URL' : proxyHint
    return failure('network', `the proxy answered ${proxyStatus} for ${host}${via}`, 'never', cause, hint)
  }
  return failure(
    'network',
    `the connection to ${host} failed${code === '' ? '' : ` (${code})`}${via}`,
    'if-idempotent',
    cause,
  )
}

/** undici knows no code for every way in which its parser fails. */
function isNoHttp(cause: unknown, code: string): boolean {
  return code.startsWith('HPE_') || (cause instanceof Error && cause.name === 'HTTPParserError')
}

function failure(
  code: 'network' | 'timeout' | 'tls' | 'protocol-error',
  message: string,
  retry: NetworkFailure['retry'],
  cause: unknown,
  hint?: string,
): NetworkFailure {
  return { error: new LadingError(code, message, { cause, hint }), retry }
}

/** Behind a proxy it is the proxy's name that could not be found. */
function nameLookedUp(cause: unknown, attempt: Attempt): string {
  const named = typeof cause === 'object' && cause !== null && 'hostname' in cause ? cause.hostname : undefined
  return typeof named === 'string' ? named : attempt.url.hostname
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`
}
