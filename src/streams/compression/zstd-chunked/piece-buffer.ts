/** Gathers bytes up to a size. */
export class PieceBuffer {
  readonly #most: number
  #parts: Uint8Array[] = []
  #size = 0

  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#size
  }

  /** Yields what has become full. The rest is kept. */
  *add(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
    for (let rest = bytes; rest.byteLength > 0; ) {
      const part = rest.subarray(0, this.#most - this.#size)
      this.#parts.push(part)
      this.#size += part.byteLength
      rest = rest.subarray(part.byteLength)
      if (this.#size === this.#most) yield this.take()
    }
  }

  take(): Uint8Array {
    const [only] = this.#parts
    const bytes = this.#parts.length === 1 && only !== undefined ? only : Buffer.concat(this.#parts)
    this.#parts = []
    this.#size = 0
    return bytes
  }
}
