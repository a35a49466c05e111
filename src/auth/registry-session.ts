import { isLadingError, LadingError, systemCode } from '../errors/index.ts'
import {
  type DirectRequest,
  defaultRetryPolicy,
  type HttpClient,
  type HttpRequest,
  type HttpResponse,
  isTransientStatus,
  parseRetryAfter,
  redactUrl,
  type ServerRoute,
  speaksNoTls,
} from '../http/index.ts'
import { abandonable } from './abandonable.ts'
import type { Access } from './access.ts'
import { Authenticator } from './authenticator.ts'
import type { Credential } from './credential.ts'
import type { CredentialFinder } from './credential-finder.ts'
import { registryOrigins } from './registry-origin.ts'

export interface RegistrySessionOptions {
  readonly http: HttpClient
  /** `host[:port]`; Docker Hub is `docker.io`. */
  readonly registry: string
  readonly credentials: CredentialFinder
  readonly tlsVerify?: boolean | undefined
  /** The certificates for it, and for the servers that it names. */
  readonly certificates?: Pick<ServerRoute, 'moreCa' | 'cert' | 'key'> | undefined
}

export interface RegistryRequest extends Omit<HttpRequest, 'url' | 'tlsVerify' | 'route'> {
  /** A path of the registry, or a whole URL that it has named. */
  readonly target: string
  /** What the request does; the first repository decides whose credentials are used. */
  readonly access: readonly Access[]
}

interface Sent {
  readonly origin: string
  readonly response: HttpResponse
  readonly authorization: string | undefined
}

const whoAsksHint =
  'if it asks for a certificate, put NAME.cert and NAME.key into a folder, and name it with --cert-dir'

/** All that is seen of a server, in TLS 1.3, that refuses a client for its certificate: the handshake is over by then. */
function hangsUp(error: unknown): error is LadingError {
  return (
    isLadingError(error, 'network') && ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(systemCode(error.cause) ?? '')
  )
}

/** The host has no such port, or there is no such host: asking again is of no use while somebody waits. */
function isNobodyThere({ cause }: LadingError): boolean {
  return ['ECONNREFUSED', 'ENOTFOUND'].includes(systemCode(cause) ?? '')
}

/** Requests to one registry: finds out once where it is and how it wants to be asked, and keeps that for all that follow. */
export class RegistrySession {
  readonly http: HttpClient
  readonly registry: string
  readonly #credentials: CredentialFinder
  readonly #tlsVerify: boolean | undefined
  readonly #certificates: ServerRoute | undefined
  readonly #authenticator: Authenticator
  readonly #candidates: readonly [string, ...string[]]
  #origin: string | undefined
  #hasAnswered = false
  #finding: Promise<void> | undefined

  constructor({ http, registry, credentials, tlsVerify, certificates }: RegistrySessionOptions) {
    this.http = http
    this.registry = registry
    this.#credentials = credentials
    this.#tlsVerify = tlsVerify
    this.#certificates = certificates
    this.#authenticator = new Authenticator({ http, registry, credentials, tlsVerify, certificates })
    this.#candidates = registryOrigins(registry, tlsVerify)
    if (this.#candidates.length === 1) this.#origin = this.#candidates[0]
  }

  /** Credential helpers that failed, for the hint of a refusal. */
  get credentialProblems(): readonly string[] {
    return this.#credentials.problems
  }

  /** Whether plain HTTP is allowed for what this registry names. */
  get allowsPlainHttp(): boolean {
    return this.#candidates.length > 1
  }

  /** How the registry knows who is asking, where it does. */
  async credentialKind(repository: string): Promise<Credential['kind'] | undefined> {
    return (await this.#credentials.find(this.registry, repository))?.kind
  }

  /**
   * Sends a request, answering a challenge of the registry once. Credentials go to the registry's own origin, to the token server
   * that it names, and nowhere else.
   *
   * @throws LadingError what the connection throws, and `unauthorized` or `denied` where the token server refuses
   */
  async request(request: RegistryRequest): Promise<HttpResponse> {
    const { origin, response, authorization } = await this.#send(request)
    if (response.status !== 401 || new URL(response.url).origin !== origin) return response
    const refusal = { challenge: response.headers.get('www-authenticate'), origin, sent: authorization }
    const better = await this.#authenticator.answer(refusal, request.access, request.signal)
    return better === undefined ? response : this.#sendAs(origin, request, better)
  }

  /** A GET with what the registry wants to know of who asks. `undefined` before it has answered, or where it cannot be sent otherwise. */
  async direct({
    target,
    access,
    signal,
  }: Pick<RegistryRequest, 'target' | 'access' | 'signal'>): Promise<DirectRequest | undefined> {
    const origin = this.#origin
    if (origin === undefined || !this.#hasAnswered) return undefined
    const authorization = await this.#authenticator.authorization(access, signal)
    return this.http.direct({
      url: new URL(target, origin).href,
      tlsVerify: this.#tlsVerify,
      route: this.#certificates,
      ...(authorization === undefined ? {} : { headers: { authorization } }),
    })
  }

  async #send(request: RegistryRequest): Promise<Sent> {
    while (this.#origin === undefined && this.#finding !== undefined) await abandonable(this.#finding, request.signal)
    if (this.#origin !== undefined) return this.#sendTo(this.#origin, request)
    const first = this.#find(request)
    this.#finding = first.then(
      () => {},
      () => {},
    )
    try {
      return await first
    } finally {
      this.#finding = undefined
    }
  }

  /** The first request finds the scheme, so that none is spent on the question alone. */
  async #find(request: RegistryRequest): Promise<Sent> {
    const began = Date.now()
    for (let attempt = 1; ; attempt++) {
      const found = await this.#findOnce(request)
      if (!(found instanceof LadingError)) return found
      const tried = { attempts: attempt, milliseconds: Date.now() - began }
      if (attempt >= (request.attempts ?? defaultRetryPolicy.attempts)) throw found.afterTrying(tried)
      const subject = `${request.method} ${this.registry}`
      const pause = { attempt, subject, reason: found.message, again: true } as const
      if (!(await this.http.pause(pause, request.signal))) throw found.afterTrying(tried)
    }
  }

  /** @returns the error where somebody is there, and may answer another time */
  async #findOnce(request: RegistryRequest): Promise<Sent | LadingError> {
    const failures: LadingError[] = []
    let doubtful: Sent | undefined
    for (const origin of this.#candidates) {
      try {
        const sent = await this.#sendTo(origin, { ...request, attempts: 1 })
        if (this.#mayBeTls(sent)) {
          doubtful = sent
          continue
        }
        this.#origin = origin
        return await this.#unlessBusy(sent, request)
      } catch (error) {
        if (this.#origin !== undefined || !isLadingError(error, 'network', 'timeout', 'tls', 'protocol-error'))
          throw error
        failures.push(error)
      }
    }
    if (doubtful !== undefined) {
      const tls = failures.find(({ code }) => code === 'tls')
      // A certificate that cannot be trusted proves that the registry does speak TLS.
      if (tls !== undefined && !speaksNoTls(tls)) throw tls
      // So does, beside such an answer, one that hangs up on a client without a certificate.
      const hungUp = this.#certificates?.cert === undefined ? failures.find(hangsUp) : undefined
      if (hungUp !== undefined) throw hungUp.with({ hint: whoAsksHint })
      this.#origin = doubtful.origin
      return doubtful
    }
    const tls = failures.find(({ code }) => code === 'tls')
    if (tls !== undefined && !speaksNoTls(tls)) throw tls
    // Who is there and speaks no TLS speaks plain HTTP, and failed at that for another reason.
    const isThere = (failure: LadingError) => tls !== undefined || !isNobodyThere(failure)
    const broken = failures.find(failure => isLadingError(failure, 'network', 'timeout') && isThere(failure))
    if (broken !== undefined) return broken
    throw failures[this.#candidates.findIndex(origin => origin.startsWith('http:'))] ?? tls ?? failures[0]
  }

  /** One attempt was enough for the question, but not for a registry that is busy. */
  async #unlessBusy(sent: Sent, request: RegistryRequest): Promise<Sent> {
    const { origin, response } = sent
    const { status, headers } = response
    if (request.attempts === 1 || !isTransientStatus(status)) return sent
    const retryAfterMs = parseRetryAfter(headers.get('retry-after'), Date.now())
    const subject = `${request.method} ${redactUrl(new URL(request.target, origin).href)}`
    const pause = { attempt: 1, subject, reason: `it answered ${status}`, retryAfterMs }
    if (await this.http.pause(pause, request.signal)) return await this.#sendTo(origin, request)
    return { ...sent, response: { ...response, tried: { attempts: 1, milliseconds: 0, askedMs: retryAfterMs } } }
  }

  /** What Go's and nginx's TLS servers answer to plain HTTP; the words are in the body, which the answer to a HEAD has not. */
  #mayBeTls({ origin, response }: Sent): boolean {
    return (
      origin.startsWith('http:') && response.status === 400 && !response.headers.has('docker-distribution-api-version')
    )
  }

  async #sendTo(origin: string, request: RegistryRequest): Promise<Sent> {
    const own = new URL(request.target, origin).origin === origin
    const authorization = own ? await this.#authenticator.authorization(request.access, request.signal) : undefined
    return { origin, authorization, response: await this.#sendAs(origin, request, authorization) }
  }

  async #sendAs(origin: string, request: RegistryRequest, authorization: string | undefined): Promise<HttpResponse> {
    try {
      const response = await this.#ask(origin, request, authorization)
      this.#hasAnswered = true
      return response
    } catch (error) {
      const maybeWantsCertificate = !this.#hasAnswered && this.#certificates?.cert === undefined && hangsUp(error)
      throw maybeWantsCertificate && origin.startsWith('https:') ? error.with({ hint: whoAsksHint }) : error
    }
  }

  #ask(origin: string, request: RegistryRequest, authorization: string | undefined): Promise<HttpResponse> {
    const { target, access: _, ...rest } = request
    return this.http.request({
      ...rest,
      // an upload may go on elsewhere
      namedBy: origin,
      url: new URL(target, origin).href,
      tlsVerify: this.#tlsVerify,
      route: this.#certificates,
      headers: { ...rest.headers, ...(authorization === undefined ? {} : { authorization }) },
    })
  }
}
