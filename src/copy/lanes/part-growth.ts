/** One is read while another is sent. */
const fewest = 2
/** More do not make it faster, and take the memory of others. */
const most = 4
/** What one more must bring to stay. */
const worthwhile = 1.15
/** After so many parts one more is tried again: what held it up may be over. */
const patience = 32

/**
 * How many parts of one blob are on their way at once: two at first, one more as long as that makes it faster. What is on its way is what a killed
 * copy has to move again, so there are no more than help.
 */
export class PartGrowth {
  #wanted = fewest
  #limit = most
  /** Bytes in a millisecond, with one fewer. `undefined`: one more is not on trial. */
  #rateBefore: number | undefined
  /** Parts since it was found that more do not help. `undefined`: it was not. */
  #settled: number | undefined
  #window: { readonly since: number; bytes: number; parts: number } | undefined

  /** How many there should be. */
  get wanted(): number {
    return Math.min(this.#wanted, this.#limit)
  }

  /** A part is there. @param now milliseconds, of any clock */
  moved(now: number, bytes: number): void {
    if (this.#settled !== undefined && ++this.#settled < patience) return
    this.#settled = undefined
    if (this.#window === undefined) {
      this.#window = { since: now, bytes: 0, parts: 0 }
      return
    }
    this.#window.bytes += bytes
    this.#window.parts += 1
    if (this.#window.parts >= 2 * this.wanted) this.#judge(this.#window.bytes / Math.max(1, now - this.#window.since))
  }

  /** A server wants fewer. @param active as many as there are now */
  shrink(active: number): void {
    this.#limit = Math.max(1, Math.min(this.#limit, active - 1))
  }

  #judge(rate: number): void {
    this.#window = undefined
    if (this.#rateBefore !== undefined && rate < this.#rateBefore * worthwhile) {
      this.#wanted -= 1
      this.#rateBefore = undefined
      this.#settled = 0
    } else if (this.#wanted < most) {
      this.#wanted += 1
      this.#rateBefore = rate
    } else this.#settled = 0
  }
}
