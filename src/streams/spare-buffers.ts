/** Buffers of one size that are used again: what waits for the garbage collector comes on top of what is used. */
export class SpareBuffers {
  readonly #size: number
  readonly #own = new WeakSet<Uint8Array>()
  readonly #free: Uint8Array[] = []

  constructor(size: number) {
    this.#size = size
  }

  take(): Uint8Array {
    const known = this.#free.pop()
    if (known !== undefined) return known
    const made = new Uint8Array(this.#size)
    this.#own.add(made)
    return made
  }

  /** Nobody reads it any more. What did not come from here stays whose it is. */
  give(buffer: Uint8Array): void {
    if (this.#own.has(buffer)) this.#free.push(buffer)
  }
}
