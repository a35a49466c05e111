import { LadingError } from '../../errors/index.ts'
import type { Bytes } from '../../streams/index.ts'

interface OpenStream {
  readonly iterator: AsyncIterator<Uint8Array>
  readonly stop: AbortController
}

/**
 * Reads a blob piece by piece for requests of their own, over one stream: opening the source again for every chunk would ask it
 * for a range each time. A piece that must be sent again opens it at that offset.
 */
export class UploadReader {
  readonly #bytes: Bytes
  readonly #size: number
  #stream: OpenStream | undefined
  #position = 0
  #rest: Uint8Array | undefined
  #failure: { readonly error: unknown } | undefined

  readonly #passed: ((position: number) => void) | undefined

  /** @param passed told up to where the bytes have been given out, once they have */
  constructor(bytes: Bytes, size: number, passed?: (position: number) => void) {
    this.#bytes = bytes
    this.#size = size
    this.#passed = passed
  }

  /** A piece as the body of a request. */
  piece(start: number, length: number): Bytes {
    return { size: length, open: (_from, signal) => this.#read(start, length, signal) }
  }

  /** Throws what the blob's own bytes threw: an upload that fails for that is not tried again. */
  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }

  async close(): Promise<void> {
    const stream = this.#stream
    this.#stream = undefined
    this.#rest = undefined
    stream?.stop.abort()
    await stream?.iterator.return?.()
  }

  async *#read(start: number, length: number, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    const stream = await this.#openAt(start)
    const stop = () => stream.stop.abort(signal?.reason)
    signal?.addEventListener('abort', stop, { once: true })
    let whole = false
    try {
      for (let left = length; left > 0; ) {
        const chunk = this.#rest ?? (await this.#next(stream))
        const piece = chunk.subarray(0, left)
        this.#rest = piece.byteLength < chunk.byteLength ? chunk.subarray(piece.byteLength) : undefined
        left -= piece.byteLength
        this.#position += piece.byteLength
        // The last byte leaves only after the stream has ended well: its end is where a wrong digest is told.
        if (this.#position === this.#size) await this.#expectEnd(stream)
        yield piece
        this.#passed?.(this.#position)
      }
      whole = true
    } catch (error) {
      if (!signal?.aborted) this.#failure = { error }
      throw error
    } finally {
      signal?.removeEventListener('abort', stop)
      if (!whole) await this.close()
    }
  }

  async #openAt(start: number): Promise<OpenStream> {
    if (this.#stream !== undefined && this.#position === start) return this.#stream
    await this.close()
    const stop = new AbortController()
    this.#position = start
    this.#stream = { stop, iterator: this.#bytes.open(start, stop.signal)[Symbol.asyncIterator]() }
    return this.#stream
  }

  async #next({ iterator }: OpenStream): Promise<Uint8Array> {
    for (;;) {
      const { done, value } = await iterator.next()
      if (done) throw new LadingError('size-mismatch', `the bytes end at ${this.#position} of ${this.#size}`)
      if (value.byteLength > 0) return value
    }
  }

  async #expectEnd({ iterator }: OpenStream): Promise<void> {
    const more = this.#rest !== undefined || !(await iterator.next()).done
    if (more) throw new LadingError('size-mismatch', `there are more than the ${this.#size} bytes of the blob`)
  }
}
