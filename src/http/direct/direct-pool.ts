import { LadingError } from '../../errors/index.ts'
import { networkFailure } from '../network-failure.ts'
import { defaultTimeouts, type Timeouts } from '../timeouts.ts'
import { DirectConnection, NotSimple, type Taker } from './direct-connection.ts'
import type { DirectRequest } from './direct-request.ts'

/** Connections of one thread. They are kept for the next request to the same server in the same way. */
export class DirectPool implements Disposable {
  readonly #timeouts: Timeouts
  readonly #idle = new Map<string, DirectConnection[]>()
  readonly #open = new Set<DirectConnection>()

  #isClosed = false

  constructor(timeouts: Timeouts = defaultTimeouts) {
    this.#timeouts = timeouts
  }

  /**
   * Sends a GET, over a connection that is open already where there is one. `left`: not all of its body was wanted.
   *
   * @throws NotSimple; LadingError `network`, `timeout`, `tls`; the signal's reason; what the taker throws
   */
  async get(request: DirectRequest, taker: Taker, signal: AbortSignal): Promise<'whole' | 'left'> {
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
      if (error instanceof NotSimple || error instanceof LadingError) throw error
      throw networkFailure(error, { url, proxy: undefined, timeouts: this.#timeouts }).error
    }
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
    try {
      return await connection.get(request, taker)
    } finally {
      signal.removeEventListener('abort', stop)
      if (connection.isClosed) this.#open.delete(connection)
      else this.#idle.set(name, [...(this.#idle.get(name) ?? []), connection])
    }
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
