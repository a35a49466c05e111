import { Readable } from 'node:stream'
import type { Bytes } from '../streams/index.ts'

/** The body of one attempt: opened late, closed in any case, its own failure kept apart from the connection's. */
export class RequestBody {
  readonly headers: Readonly<Record<string, string>>
  readonly content: Uint8Array | Readable | null
  readonly #stop: AbortController | undefined
  #closed: Promise<void> | undefined
  #failure: { readonly error: unknown } | undefined

  constructor(body: Bytes | Uint8Array | undefined, signal: AbortSignal | undefined) {
    if (body === undefined || body instanceof Uint8Array) {
      this.headers = {}
      this.content = body ?? null
      return
    }
    this.#stop = new AbortController()
    this.headers = body.size === undefined ? {} : { 'content-length': String(body.size) }
    const either = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal])
    this.content = Readable.from(withoutThrow(this.#read(body, either)), { objectMode: false, highWaterMark: 1 })
    // What went wrong is kept here, and told by the request. An error that nobody listens for would end the process.
    this.content.on('error', () => {})
  }

  async *#read(body: Bytes, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#closed = promise
    try {
      yield* body.open(0, signal)
    } catch (error) {
      if (!this.#stop?.signal.aborted) this.#failure = { error }
      throw error
    } finally {
      resolve()
    }
  }

  /** Ends the reading of a body that is no longer wanted. Resolves when its source is closed. */
  async stop(): Promise<void> {
    this.#stop?.abort()
    if (this.content instanceof Readable) this.content.destroy()
    await this.#closed
  }

  /** Throws what the body itself threw. */
  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }
}

/**
 * A generator that can be ended and not thrown into. A stream that is destroyed by its connection's failure throws it into the
 * generator, where it would look like a failure of the body's own source.
 */
function withoutThrow<T>(generator: AsyncGenerator<T>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]: () => ({ next: () => generator.next(), return: () => generator.return(undefined) }),
  }
}
