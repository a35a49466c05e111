/**
 * Bytes of memory that all uploads of a store share. Whoever asks is served in turn, so that none waits for ever; who asks for
 * more than there is gets all of it.
 */
export class PartBudget {
  readonly #total: number
  #free: number
  readonly #waiting = new Set<() => void>()

  constructor(total: number) {
    this.#total = total
    this.#free = total
  }

  /** Waits for room, and answers how to give it back. Throws the signal's reason. */
  async take(bytes: number, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted()
    const wanted = Math.min(bytes, this.#total)
    if (this.#waiting.size > 0 || wanted > this.#free) await this.#wait(wanted, signal)
    else this.#free -= wanted
    let given = false
    return () => {
      if (given) return
      given = true
      this.#free += wanted
      this.#admit()
    }
  }

  #wait(wanted: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        if (wanted > this.#free) return
        this.#free -= wanted
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

  /** In turn: a small one that would fit does not pass a large one that does not. */
  #admit(): void {
    for (const enter of this.#waiting) {
      enter()
      if (this.#waiting.has(enter)) return
    }
  }
}
