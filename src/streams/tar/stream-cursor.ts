import type { ByteStream } from '../byte-stream.ts'
import type { HeaderSource } from './header-reader.ts'

/** A stream that is read in pieces of any size. Chunks are passed on as parts of themselves, never copied, but where `take` joins some. */
export class StreamCursor implements HeaderSource {
  readonly #iterator: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array()
  #position = 0
  #ended = false

  constructor(stream: ByteStream) {
    this.#iterator = stream[Symbol.asyncIterator]()
  }

  get position(): number {
    return this.#position
  }

  /** Some of the next bytes, one at least and `most` at most; `undefined` at the end. */
  async read(most: number): Promise<Uint8Array | undefined> {
    while (this.#rest.byteLength === 0) {
      if (this.#ended) return undefined
      const { done, value } = await this.#iterator.next()
      if (done === true) this.#ended = true
      else this.#rest = value
    }
    const chunk = this.#rest.subarray(0, most)
    this.#rest = this.#rest.subarray(chunk.byteLength)
    this.#position += chunk.byteLength
    return chunk
  }

  async take(size: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = []
    let missing = size
    while (missing > 0) {
      const chunk = await this.read(missing)
      if (chunk === undefined) break
      chunks.push(chunk)
      missing -= chunk.byteLength
    }
    return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
  }

  /** Reads and drops, up to the end at most. */
  async skip(size: number): Promise<void> {
    for (let missing = size; missing > 0; ) {
      const chunk = await this.read(missing)
      if (chunk === undefined) return
      missing -= chunk.byteLength
    }
  }

  /** Lets go of the stream. */
  async close(): Promise<void> {
    if (!this.#ended) await this.#iterator.return?.()
    this.#ended = true
  }
}
