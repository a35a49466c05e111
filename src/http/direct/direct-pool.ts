import { LadingError } from '../../errors/index.ts'
import type { Congestion } from '../congestion.ts'
import { HostLimiter } from '../host-limiter.ts'
import type { RequestEvent } from '../http-client.ts'
import { networkFailure } from '../network-failure.ts'
import { redactText, redactUrl } from '../redact.ts'
import { defaultTimeouts, type Timeouts } from '../timeouts.ts'
import { DirectConnection, NotSimple, type Taker } from './direct-connection.ts'
import type { DirectRequest } from './direct-request.ts'

/** Connections to one host. Each has a buffer of its own, and a server has others to serve. */
export const maxConnections = 24

interface DirectPoolOptions {
  readonly timeouts?: Partial<Timeouts> | undefined
  /** Hears of every request once it is answered, or has failed. */
  readonly onRequest?: ((event: RequestEvent) => void) | undefined
  /** Where it tells others, and hears from them, that a host has too many requests. */
  readonly congestion?: Congestion
}

/** Connections of one thread. They are kept for the next request to the same server in the same way. */
export class DirectPool implements Disposable {
  readonly #timeouts: Timeouts
  readonly #idle = new Map<string, DirectConnection[]>()
  readonly #open = new Set<DirectConnection>()

  readonly #onRequest: DirectPoolOptions['onRequest']
  readonly #limiters = new Map<string, HostLimiter>()
  readonly #congestion: Congestion | undefined
  #isClosed = false

  constructor({ timeouts, onRequest, congestion }: DirectPoolOptions = {}) {
    this.#timeouts = { ...defaultTimeouts, ...timeouts }
    this.#congestion = congestion
    congestion?.listen(this.#slowDown)
    this.#onRequest = onRequest
  }

  /** How many requests may be under way to a host now: fewer after it has answered 429 or 503, and more again after it has not. */
  limitOf(host: string): number {
    return this.#limiterOf(host).limit
  }

  /**
   * Sends a GET, over a connection that is open already where there is one. `left`: not all of its body was wanted.
   *
   * @throws NotSimple; LadingError `network`, `timeout`, `tls`; the signal's reason; what the taker throws
   */
  async get(request: DirectRequest, taker: Taker, signal: AbortSignal): Promise<'whole' | 'left'> {
    const { host } = new URL(request.url)
    const permit = await this.#limiterOf(host).acquire(signal)
    const answered: { status?: number } = {}
    const watched: Taker = {
      head(head) {
        answered.status = head.status
        return taker.head(head)
      },
      bytes: chunk => taker.bytes(chunk),
    }
    try {
      return await this.#send(request, watched, signal)
    } finally {
      const isCongested = answered.status === 429 || answered.status === 503
      permit.release(isCongested ? 'congested' : answered.status === undefined ? 'failure' : 'success')
      if (isCongested) this.#congestion?.tell(host, this.#slowDown)
    }
  }

  async #send(request: DirectRequest, taker: Taker, signal: AbortSignal): Promise<'whole' | 'left'> {
    signal.throwIfAborted()
    const url = new URL(request.url)
    const name = JSON.stringify([url.origin, request.tlsVerify, request.route])
    const used = this.#takeIdle(name)
    let answered = false
    let taking: { readonly error: unknown } | undefined
    const taken = <T>(take: () => T): T => {
      try {
        return take()
      } catch (error) {
        taking = { error }
        throw error
      }
    }
    const watched: Taker = {
      head(head) {
        answered = true
        return taken(() => taker.head(head))
      },
      bytes: chunk => taken(() => taker.bytes(chunk)),
    }
    const ask = (connection: DirectConnection) => this.#ask(connection, name, request, watched, signal)
    try {
      if (used === undefined) return await ask(this.#connect(request))
      try {
        return await ask(used)
      } catch (error) {
        // It was open since the request before: a server may close such a connection whenever it likes.
        if (answered || signal.aborted || this.#isClosed || error instanceof NotSimple) throw error
        return await ask(this.#connect(request))
      }
    } catch (error) {
      signal.throwIfAborted()
      // A disk that is full says nothing of the network.
      if (taking !== undefined) throw taking.error
      throw this.#explain(error, request)
    }
  }

  #slowDown = (host: string): void => {
    this.#limiters.get(host)?.slowDown()
  }

  #limiterOf(host: string): HostLimiter {
    const limiter = this.#limiters.get(host) ?? new HostLimiter(maxConnections)
    this.#limiters.set(host, limiter)
    return limiter
  }

  [Symbol.dispose](): void {
    this.#isClosed = true
    for (const connection of this.#open) connection.close()
    this.#open.clear()
    this.#idle.clear()
  }

  async #ask(
    connection: DirectConnection,
    name: string,
    request: DirectRequest,
    taker: Taker,
    signal: AbortSignal,
  ): Promise<'whole' | 'left'> {
    const stop = () => connection.close()
    signal.addEventListener('abort', stop, { once: true })
    const heard = this.#hear(request)
    try {
      return await connection.get(request, {
        head(head) {
          heard({ status: head.status })
          return taker.head(head)
        },
        bytes: chunk => taker.bytes(chunk),
      })
    } catch (error) {
      heard({ failure: redactText(messageOf(this.#explain(error, request))) })
      throw error
    } finally {
      signal.removeEventListener('abort', stop)
      if (connection.isClosed) this.#open.delete(connection)
      else this.#idle.set(name, [...(this.#idle.get(name) ?? []), connection])
    }
  }

  /** Tells of a request, once. */
  #hear({ url }: DirectRequest): (end: { readonly status: number } | { readonly failure: string }) => void {
    const began = performance.now()
    let isTold = this.#onRequest === undefined
    return end => {
      if (isTold) return
      isTold = true
      this.#onRequest?.({ method: 'GET', url: redactUrl(url), milliseconds: performance.now() - began, ...end })
    }
  }

  #explain(error: unknown, { url }: DirectRequest): unknown {
    if (error instanceof NotSimple || error instanceof LadingError) return error
    return networkFailure(error, { url: new URL(url), proxy: undefined, timeouts: this.#timeouts }).error
  }

  #takeIdle(name: string): DirectConnection | undefined {
    const idle = this.#idle.get(name) ?? []
    for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) {
      if (!connection.isClosed) return connection
      this.#open.delete(connection)
    }
    return undefined
  }

  #connect(request: DirectRequest): DirectConnection {
    const connection = new DirectConnection(request, this.#timeouts)
    this.#open.add(connection)
    return connection
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
