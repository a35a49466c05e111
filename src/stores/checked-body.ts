import { LadingError } from '../errors/index.ts'
import type { Bytes, Resumption } from '../streams/index.ts'

/** A body on its way into a store: it has the size it declares, ends when the signal says so, and remembers its own error. */
export class CheckedBody implements Bytes {
  readonly size?: number
  readonly resumption?: Resumption
  /** Set where the body, and not the store, failed: a put throws exactly this error. */
  failure: { readonly error: unknown } | undefined
  readonly #body: Bytes
  readonly #signal: AbortSignal | undefined

  constructor(body: Bytes, signal: AbortSignal | undefined) {
    if (body.size !== undefined) this.size = body.size
    if (body.resumption !== undefined) this.resumption = body.resumption
    this.#body = body
    this.#signal = signal
  }

  async *open(from = 0, signal = this.#signal): AsyncGenerator<Uint8Array, void, undefined> {
    let position = from
    this.failure = undefined
    try {
      for await (const chunk of this.#body.open(from, signal)) {
        signal?.throwIfAborted()
        position += chunk.byteLength
        if (this.size !== undefined && position > this.size) throw this.#wrongSize('more')
        if (chunk.byteLength > 0) yield chunk
      }
      if (this.size !== undefined && position !== this.size) throw this.#wrongSize(`only ${position}`)
    } catch (error) {
      // Where its reader has stopped it, the reader knows why.
      if (!signal?.aborted) this.failure = { error }
      throw error
    }
  }

  #wrongSize(actual: string): LadingError {
    return new LadingError('size-mismatch', `${this.size} bytes were declared, but there are ${actual}`)
  }
}
