/** Memory for one part on its way. MUST be released once. */
export interface PartBuffer {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** `reusable: false`: somebody may still read it, as a socket does whose request failed. */
  release(reusable?: boolean): void
}

interface Waiter {
  readonly size: number
  start(): void
}

/**
 * The memory of all parts on their way through one store, however many objects are written at once.
 *
 * Who waits is served in order, so a large request is not starved by small ones; one that is larger than the whole budget is served
 * when nothing else is out. A holder of buffers never waits for another before it gives one back, so it cannot deadlock.
 */
export class PartBuffers {
  readonly #budget: number
  readonly #partBytes: number
  readonly #free: Uint8Array<ArrayBuffer>[] = []
  readonly #waiting: Waiter[] = []
  #used = 0

  /** Memory of `partBytes` is used again: what waits for the garbage collector would come on top of the budget. */
  constructor(budgetBytes: number, partBytes: number) {
    this.#budget = budgetBytes
    this.#partBytes = partBytes
  }

  async acquire(size: number, signal?: AbortSignal): Promise<PartBuffer> {
    signal?.throwIfAborted()
    if (this.#waiting.length > 0 || !this.#fits(size)) await this.#wait(size, signal)
    else this.#used += size
    const bytes = this.#take(size)
    let held = true
    return {
      bytes,
      release: (reusable = true) => {
        if (!held) return
        held = false
        if (reusable && size === this.#partBytes) this.#free.push(bytes)
        this.#used -= size
        this.#serve()
      },
    }
  }

  #fits(size: number): boolean {
    return this.#used === 0 || this.#used + size <= this.#budget
  }

  async #wait(size: number, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiter: Waiter = {
      size,
      start: () => {
        this.#used += size
        signal?.removeEventListener('abort', abort)
        resolve()
      },
    }
    const abort = () => {
      const at = this.#waiting.indexOf(waiter)
      if (at >= 0) this.#waiting.splice(at, 1)
      reject(signal?.reason)
      this.#serve()
    }
    signal?.addEventListener('abort', abort, { once: true })
    this.#waiting.push(waiter)
    await promise
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.size); next = this.#waiting[0]) {
      this.#waiting.shift()
      next.start()
    }
  }

  #take(size: number): Uint8Array<ArrayBuffer> {
    const known = size === this.#partBytes ? this.#free.pop() : undefined
    while (this.#free.length > 0 && this.#used + this.#free.length * this.#partBytes > this.#budget) this.#free.pop()
    return known ?? new Uint8Array(size)
  }
}
