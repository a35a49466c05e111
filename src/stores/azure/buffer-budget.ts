/** Memory that was granted. MUST be released once, when nothing reads or writes `bytes` any more. */
export interface GrantedBuffer {
  readonly bytes: Uint8Array
  release(): void
}

interface Waiting {
  readonly size: number
  grant(): void
}

/**
 * The memory of all uploads of one store, however many there are at once: first come, first served.
 *
 * Whoever fills or sends a buffer gives it back without needing another, so nobody waits for ever; and a buffer larger than
 * the whole budget is granted when it is the only one.
 */
export class BufferBudget {
  readonly #total: number
  readonly #pooledSize: number
  readonly #pool: Uint8Array[] = []
  readonly #waiting: Waiting[] = []
  #used = 0

  /** Buffers of exactly `pooledSize` are used again: the garbage collector would be too late for hundreds of them a second. */
  constructor(total: number, pooledSize: number) {
    this.#total = total
    this.#pooledSize = pooledSize
  }

  async acquire(size: number, signal?: AbortSignal): Promise<GrantedBuffer> {
    signal?.throwIfAborted()
    if (this.#waiting.length > 0 || !this.#fits(size)) await this.#wait(size, signal)
    else this.#used += size
    const pooled = size === this.#pooledSize
    const bytes = (pooled ? this.#pool.pop() : undefined) ?? Buffer.allocUnsafeSlow(size)
    return {
      bytes,
      release: () => {
        if (pooled) this.#pool.push(bytes)
        this.#used -= size
        this.#grantNext()
      },
    }
  }

  #fits(size: number): boolean {
    return this.#used === 0 || this.#used + size <= this.#total
  }

  async #wait(size: number, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiting = { size, grant: resolve }
    const abort = () => {
      const at = this.#waiting.indexOf(waiting)
      if (at === -1) return
      this.#waiting.splice(at, 1)
      reject(signal?.reason)
      this.#grantNext()
    }
    this.#waiting.push(waiting)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      await promise
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  #grantNext(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.size); next = this.#waiting[0]) {
      this.#waiting.shift()
      this.#used += next.size
      next.grant()
    }
  }
}
