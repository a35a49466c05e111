/** Memory for one part. */
export interface Loan {
  readonly buffer: Buffer
  /** Gives the memory back, once. `untouched`: nobody reads from it any more, as a broken connection might. */
  release(untouched?: boolean): void
}

/**
 * The memory that all uploads of a store share. Whoever asks is served in turn, so that none waits for ever; who asks for more
 * than there is gets it when nobody else has any.
 *
 * Buffers of about the usual size are used again: left to the garbage collector, which is in no hurry, an upload would hold twice
 * of what is lent.
 */
export class PartMemory {
  readonly #total: number
  readonly #usual: number
  #free: number
  readonly #idle: Buffer[] = []
  readonly #waiting = new Set<() => void>()

  constructor(total: number, usual: number) {
    this.#total = total
    this.#usual = usual
    this.#free = total
  }

  /** Waits for memory. Throws the signal's reason. */
  async lend(bytes: number, signal?: AbortSignal): Promise<Loan> {
    signal?.throwIfAborted()
    const isUsual = bytes > this.#usual / 2 && bytes <= this.#usual
    const size = isUsual ? this.#usual : bytes
    const counted = Math.min(size, this.#total)
    if (this.#waiting.size > 0 || counted > this.#free) await this.#wait(counted, signal)
    else this.#free -= counted
    const whole = (isUsual ? this.#idle.pop() : undefined) ?? Buffer.allocUnsafeSlow(size)
    // What lies idle is part of what is free.
    while (this.#idle.length * this.#usual > this.#free) this.#idle.pop()
    let lent = true
    return {
      buffer: whole.subarray(0, bytes),
      release: untouched => {
        if (!lent) return
        lent = false
        this.#free += counted
        if (isUsual && untouched) this.#idle.push(whole)
        this.#admit()
      },
    }
  }

  #wait(counted: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        if (counted > this.#free) return
        this.#free -= counted
        this.#waiting.delete(enter)
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const leave = () => {
        this.#waiting.delete(enter)
        reject(signal?.reason)
        this.#admit()
      }
      this.#waiting.add(enter)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  /** In turn: a small wish that could be met does not pass a large one that could not. */
  #admit(): void {
    for (const enter of this.#waiting) {
      enter()
      if (this.#waiting.has(enter)) return
    }
  }
}
