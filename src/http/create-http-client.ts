import { setImmediate } from 'node:timers/promises'
import { LadingError } from '../errors/index.ts'
import { keepSecretsOf } from '../errors/known-secrets.ts'
import { readAll } from '../streams/index.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Congestion } from './congestion.ts'
import type { Connections } from './connections.ts'
import type { DirectRequest } from './direct/direct-request.ts'
import { EarlySocket } from './early-socket.ts'
import { type Delay, givenUp } from './given-up.ts'
import { HostLimiter } from './host-limiter.ts'
import type { HttpClient, HttpRequest, HttpResponse, Pause, RequestEvent, RetryEvent } from './http-client.ts'
import type { NetworkFailure } from './network-failure.ts'
import { type Environment, proxyFor } from './proxy.ts'
import { pullLimitError } from './pull-limit.ts'
import type { Resolve } from './reach.ts'
import { redactText, redactUrl } from './redact.ts'
import { maxRedirects, redirected } from './redirect.ts'
import { defaultRetryPolicy, isTransientStatus, parseRetryAfter, type RetryPolicy, retryDelay } from './retry.ts'
import { defaultTimeouts, type Timeouts } from './timeouts.ts'
import { userAgent } from './user-agent.ts'
import { withDocument } from './with-document.ts'

/** What whoever runs a program may want of all its requests. */
export interface HttpSettings {
  /** The User-Agent. Default: `lading/` and its version. */
  readonly userAgent?: string | undefined
  /** `false`: a request that fails is not sent again. */
  readonly retryRequests?: boolean | undefined
  /** Stands before that. */
  readonly userAgentPrefix?: string | undefined
  /** Hears of every request once it is answered, or has failed. */
  readonly onRequest?: ((event: RequestEvent) => void) | undefined
}

export interface HttpClientOptions extends HttpSettings {
  /** Where proxies are named. Default: `process.env`. */
  readonly environment?: Environment
  readonly timeouts?: Partial<Timeouts>
  readonly retry?: Partial<RetryPolicy>
  /** Looks up the addresses of a server that another one names. Default: the system's way. */
  readonly resolve?: Resolve
  /** Requests under way to one host at most. Default: 64. */
  readonly maxPerHost?: number
  /** Where it tells others, and hears from them, that a host has too many requests. */
  readonly congestion?: Congestion
  readonly clock?: Clock
  /** Hears of every attempt that will be repeated. */
  readonly onRetry?: (event: RetryEvent) => void
}

/** What the places of uploads to a host are called, after it. */
const uploads = ' upload'

const maxPairs = 1000

/** Makes an HTTP client. Nothing is loaded or opened before its first request. */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  return new PooledHttpClient(options)
}

class PooledHttpClient implements HttpClient {
  readonly #environment: Environment
  readonly #timeouts: Timeouts
  readonly #policy: RetryPolicy
  readonly #maxPerHost: number
  readonly #clock: Clock
  readonly #resolve: Resolve | undefined
  /** Pairs of servers of which one may name the other. */
  readonly #reachable = new Set<string>()
  readonly #onRetry: ((event: RetryEvent) => void) | undefined
  readonly #onRequest: HttpSettings['onRequest']
  readonly #userAgent: string
  readonly #congestion: Congestion | undefined
  readonly #limiters = new Map<string, HostLimiter>()
  /** Ends what nobody waits for any more, a token's request above all: closed connections alone would be tried again. */
  readonly #closing = new AbortController()
  readonly #either = new WeakMap<AbortSignal, AbortSignal>()
  #connections: Promise<Connections> | undefined

  constructor(options: HttpClientOptions) {
    this.#environment = options.environment ?? process.env
    this.#timeouts = { ...defaultTimeouts, ...options.timeouts }
    this.#policy = {
      ...defaultRetryPolicy,
      ...options.retry,
      ...(options.retryRequests === false ? { attempts: 1 } : {}),
    }
    this.#maxPerHost = options.maxPerHost ?? 64
    this.#clock = options.clock ?? systemClock
    this.#resolve = options.resolve
    this.#onRetry = options.onRetry
    this.#onRequest = options.onRequest
    this.#congestion = options.congestion
    this.#congestion?.listen(this.#slowDown)
    this.#userAgent = userAgent(options.userAgentPrefix, options.userAgent)
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    const complete = {
      ...request,
      headers: this.#withDefaults(request.headers),
      signal: this.#untilClosed(request.signal),
    }
    const began = this.#clock.now()
    const latest = began + this.#policy.budgetMs
    for (let attempt = 1; ; attempt++) {
      const rest = Promise.withResolvers<void>()
      try {
        const outcome = await withDocument(complete, await this.#follow(complete, rest.promise))
        const delay = this.#delay(complete, outcome, attempt)
        const waitMs = delay?.waitMs
        const isLast = attempt >= this.#attempts(request, outcome)
        if (waitMs === undefined || isLast || this.#clock.now() + waitMs > latest) {
          return givenUp(outcome, { attempts: attempt, milliseconds: this.#clock.now() - began }, delay)
        }
        const reason = 'error' in outcome ? outcome.error.message : `it answered ${outcome.status}`
        const subject = `${request.method} ${redactUrl(request.url)}`
        await this.#wait({ attempt, reason, subject }, waitMs, complete.signal)
      } finally {
        rest.resolve()
      }
    }
  }

  direct({ url, headers, tlsVerify, route }: Parameters<HttpClient['direct']>[0]): DirectRequest | undefined {
    if (route?.socketPath !== undefined || proxyFor(new URL(url), this.#environment) !== undefined) return undefined
    keepSecretsOf(url, headers)
    return { url, headers: this.#withDefaults(headers), tlsVerify: tlsVerify !== false, route }
  }

  async pause(pause: Pause, signal?: AbortSignal): Promise<boolean> {
    const delay = retryDelay(this.#policy, pause.attempt, this.#clock.random(), pause.retryAfterMs)
    if (delay === undefined || (pause.again && pause.attempt >= this.#policy.attempts)) return false
    await this.#wait(pause, delay, this.#untilClosed(signal))
    return true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new LadingError('interrupted', 'the HTTP client was closed'))
    const connections = this.#connections
    this.#connections = undefined
    await (await connections)?.[Symbol.asyncDispose]()
  }

  /** Made once for each signal, which a thousand requests share: combining signals costs the collector more than a request. */
  #untilClosed(signal: AbortSignal | undefined): AbortSignal {
    if (signal === undefined) return this.#closing.signal
    const either = this.#either.get(signal) ?? AbortSignal.any([signal, this.#closing.signal])
    this.#either.set(signal, either)
    return either
  }

  #withDefaults(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
    const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
    // identity: a proxy that compresses on the way would change the bytes that digests are of.
    return { 'user-agent': this.#userAgent, 'accept-encoding': 'identity', ...Object.fromEntries(named) }
  }

  async #wait(pause: Omit<Pause, 'retryAfterMs'>, waitMs: number, signal: AbortSignal | undefined): Promise<void> {
    const { subject, attempt, reason } = pause
    this.#onRetry?.({ subject, attempt, waitMs, reason })
    await this.#clock.sleep(waitMs, signal)
  }

  #attempts(
    { attempts = this.#policy.attempts, busyAttempts }: HttpRequest,
    outcome: HttpResponse | NetworkFailure,
  ): number {
    const isBusy = !('error' in outcome) && outcome.status === 429
    return isBusy && this.#policy.attempts > 1 ? (busyAttempts ?? attempts) : attempts
  }

  /** How long to wait before this is tried again; `undefined` where it must not be, or where that cannot help. */
  #delay(request: HttpRequest, outcome: HttpResponse | NetworkFailure, attempt: number): Delay | undefined {
    const idempotent = request.idempotent ?? !['POST', 'PATCH'].includes(request.method)
    if ('error' in outcome) {
      const again = outcome.retry === 'always' || (outcome.retry === 'if-idempotent' && idempotent)
      return again ? { waitMs: retryDelay(this.#policy, attempt, this.#clock.random(), undefined) } : undefined
    }
    // A server that answers 429 has done nothing yet, whatever the method.
    if (!isTransientStatus(outcome.status) || !(idempotent || outcome.status === 429)) return undefined
    const retryAfter = parseRetryAfter(outcome.headers.get('retry-after'), this.#clock.now())
    return { waitMs: retryDelay(this.#policy, attempt, this.#clock.random(), retryAfter), askedMs: retryAfter }
  }

  /** `rest` ends when this request is no longer waiting to be tried again. */
  async #follow(request: HttpRequest, rest: Promise<void>): Promise<HttpResponse | NetworkFailure> {
    if (request.namedBy !== undefined) await this.#requireReachable(request.namedBy, request.url)
    let next = request
    for (let hops = 0; hops <= maxRedirects; hops++) {
      const outcome = await this.#send(next, rest)
      if ('error' in outcome) return outcome
      if (outcome.status === 429) await this.#failOnPullLimit(outcome)
      const target = next.followRedirects === false ? undefined : await redirectTarget(next, outcome)
      if (target === undefined) return outcome
      await this.#requireReachable(next.url, target.url)
      next = target
    }
    throw new LadingError('protocol-error', `more than ${maxRedirects} redirects from ${redactUrl(request.url)}`)
  }

  /** Behind a proxy names are the proxy's to look up. */
  async #requireReachable(namedBy: string, url: string): Promise<void> {
    const [from, to] = [new URL(namedBy), new URL(url)]
    const pair = `${from.hostname} ${to.hostname}`
    if (from.hostname === to.hostname || this.#reachable.has(pair)) return
    const { requireReachable } = await import('./reach.ts')
    const proxied = proxyFor(to, this.#environment) !== undefined
    await requireReachable(from, to, proxied ? async () => [] : this.#resolve)
    if (this.#reachable.size >= maxPairs) this.#reachable.clear()
    this.#reachable.add(pair)
  }

  async #send(request: HttpRequest, rest: Promise<void>): Promise<HttpResponse | NetworkFailure> {
    const url = new URL(request.url)
    keepSecretsOf(request.url, request.headers)
    const proxy = request.route?.socketPath === undefined ? proxyFor(url, this.#environment) : undefined
    const permit = await this.#limiter(url, request).acquire(request.signal)
    const began = this.#clock.now()
    let result: 'success' | 'congested' | 'failure' = 'failure'
    try {
      const direct = proxy === undefined && request.route?.socketPath === undefined
      const [{ exchange }, connections] = await Promise.all([
        import('./exchange.ts'),
        this.#open(direct ? url : undefined),
      ])
      const dispatcher = connections.dispatcher({ proxy, tlsVerify: request.tlsVerify !== false, route: request.route })
      const outcome = await exchange(request, { dispatcher, proxy, timeouts: this.#timeouts })
      this.#onRequest?.({
        method: request.method,
        url: redactUrl(request.url),
        milliseconds: this.#clock.now() - began,
        ...('error' in outcome ? { failure: redactText(outcome.error.message) } : { status: outcome.status }),
      })
      if (!('error' in outcome)) result = outcome.status === 429 || outcome.status === 503 ? 'congested' : 'success'
      return outcome
    } finally {
      permit.release(result, rest)
      if (result === 'congested') this.#congestion?.tell(url.host, this.#slowDown)
    }
  }

  #slowDown = (host: string): void => {
    this.#limiters.get(host)?.slowDown()
    this.#limiters.get(host + uploads)?.slowDown()
  }

  /**
   * Uploads wait for others' bytes, which may come from the same host: they have places of their own, or a host full of uploads
   * would wait for downloads that cannot begin. For the same reason a place is given back with the answer's headers.
   */
  #limiter(url: URL, request: HttpRequest): HostLimiter {
    const streams = request.body !== undefined && !(request.body instanceof Uint8Array)
    const key = `${request.route?.socketPath ?? url.host}${streams ? uploads : ''}`
    const limiter = this.#limiters.get(key) ?? new HostLimiter(this.#maxPerHost)
    this.#limiters.set(key, limiter)
    return limiter
  }

  /** @param url of the first request, where nothing stands before its server */
  #open(url: URL | undefined): Promise<Connections> {
    this.#connections ??= this.#load(url)
    return this.#connections
  }

  async #load(url: URL | undefined): Promise<Connections> {
    const early = url && new EarlySocket(url)
    try {
      // Node connects when it has nothing else to do.
      if (early !== undefined) await setImmediate()
      const { Connections } = await import('./connections.ts')
      return new Connections(this.#timeouts, early)
    } catch (error) {
      early?.close()
      throw error
    }
  }

  async #failOnPullLimit(response: HttpResponse): Promise<void> {
    const { host } = new URL(response.url)
    const body = new TextDecoder().decode(await readAll(response.body, Number.POSITIVE_INFINITY, 'an error'))
    const error = pullLimitError({ host, headers: response.headers, body }, this.#clock.now())
    if (error !== undefined) throw error
  }
}

/** The next request where the answer is a redirect; its connection is given back in any case. */
async function redirectTarget(request: HttpRequest, response: HttpResponse): Promise<HttpRequest | undefined> {
  try {
    const target = redirected(request, response)
    if (target !== undefined) await response.discard()
    return target
  } catch (error) {
    await response.discard()
    throw error
  }
}
