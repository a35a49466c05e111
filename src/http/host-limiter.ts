/** How many successes let one more request in. */
const successesToGrow = 8

/** What several hear of one burst of refusals is one burst. */
const burstMs = 1000

/** A place among the requests under way to one host. MUST be released once. */
export interface Permit {
  /** `congested`: the host said that there are too many. The place stays taken until `rest` is over: freed at once, it would go to the next that is refused. */
  release(outcome: 'success' | 'congested' | 'failure', rest?: Promise<void>): void
}

/**
 * Bounds the requests under way to one host: a ceiling that halves when the host complains and grows back one by one
 * (additive increase, multiplicative decrease).
 */
export class HostLimiter {
  readonly #ceiling: number
  #limit: number
  #active = 0
  #successes = 0
  #generation = 0
  #shrunkAt = Number.NEGATIVE_INFINITY
  readonly #waiting = new Set<() => void>()

  constructor(ceiling: number) {
    this.#ceiling = ceiling
    this.#limit = ceiling
  }

  get limit(): number {
    return this.#limit
  }

  /** Another, with places of its own, has heard from the host that there are too many. */
  slowDown(): void {
    if (performance.now() - this.#shrunkAt > burstMs) this.#shrink(this.#generation)
  }

  /** Waits for a place, in the order of asking. Throws the signal's reason. */
  async acquire(signal?: AbortSignal): Promise<Permit> {
    signal?.throwIfAborted()
    if (this.#active >= this.#limit) await this.#wait(signal)
    else this.#active++
    return this.#permit()
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const leave = () => {
        this.#waiting.delete(enter)
        reject(signal?.reason)
      }
      this.#waiting.add(enter)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  #permit(): Permit {
    const generation = this.#generation
    return {
      release: (outcome, rest) => {
        if (outcome === 'congested') this.#shrink(generation)
        else if (outcome === 'success') this.#grow()
        if (outcome === 'congested' && rest !== undefined) void rest.then(() => this.#leave())
        else this.#leave()
      },
    }
  }

  /** Requests sent together fail together: only the first of them halves, or one burst would bring the limit to one. */
  #shrink(generation: number): void {
    if (generation !== this.#generation) return
    this.#generation++
    this.#shrunkAt = performance.now()
    this.#successes = 0
    this.#limit = Math.max(1, Math.floor(this.#limit / 2))
  }

  #grow(): void {
    if (this.#limit === this.#ceiling || ++this.#successes < successesToGrow) return
    this.#successes = 0
    this.#limit++
  }

  #leave(): void {
    this.#active--
    this.#admit()
  }

  #admit(): void {
    for (const enter of this.#waiting) {
      if (this.#active >= this.#limit) return
      this.#waiting.delete(enter)
      this.#active++
      enter()
    }
  }
}
