import type { ByteStream } from '../../streams/index.ts'

/** Reads a stream in pieces of the reader's size. MUST be closed. */
export class ChunkReader implements AsyncDisposable {
  readonly #chunks: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array()
  #ended = false

  constructor(stream: ByteStream) {
    this.#chunks = stream[Symbol.asyncIterator]()
  }

  /** Fills `target`, or as much of it as there are bytes left. Gives how many that are. */
  async fill(target: Uint8Array): Promise<number> {
    let filled = 0
    while (filled < target.byteLength && !(await this.atEnd())) {
      const piece = this.#rest.subarray(0, target.byteLength - filled)
      target.set(piece, filled)
      filled += piece.byteLength
      this.#rest = this.#rest.subarray(piece.byteLength)
    }
    return filled
  }

  /** Whether the stream has ended, and ended well: it throws here where it does not. */
  async atEnd(): Promise<boolean> {
    while (this.#rest.byteLength === 0 && !this.#ended) {
      const next = await this.#chunks.next()
      if (next.done) this.#ended = true
      else this.#rest = next.value
    }
    return this.#rest.byteLength === 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#chunks.return?.()
  }
}
