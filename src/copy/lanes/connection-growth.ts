/** Connections to one host that one blob may have. */
const maxConnections = 16
/** How long a rate is measured before it is believed. */
const windowMs = 100
/** What twice the connections must bring for more to be worth their cost. */
const worthwhile = 1.25
/** A thread that is as busy as this cannot take more, however many connections bring it. */
const busyThread = 0.8
/** What a connection brings that no server limits: bytes in a millisecond. It is near, and what holds it up is this machine. */
const nearRate = 100_000
/** Less than this is not worth another connection. */
const shortMs = 150

/** What a blob's transfer is like at a moment. */
export interface Sample {
  /** Milliseconds, of any clock. */
  readonly now: number
  /** Bytes that have come so far. */
  readonly received: number
  /** Bytes that nobody has asked for yet, or that are still on their way. */
  readonly remaining: number
  readonly connections: number
  /** The share of the time that the thread was at work since the sample before, 0 to 1. */
  readonly busy: number
}

/**
 * How many connections one blob is worth: one at first, twice as many as long as they bring more. A server that limits each connection,
 * or is far away, gets many; one that is near gets one, and a server that says that there are too many gets half.
 */
export class ConnectionGrowth {
  #wanted = 1
  #limit = maxConnections
  #rateBefore = 0
  #since: { readonly now: number; readonly received: number } | undefined

  /** How many there should be. */
  get wanted(): number {
    return Math.min(this.#wanted, this.#limit)
  }

  sample({ now, received, remaining, connections, busy }: Sample): void {
    // What is asked for takes its time to come: the rate counts from its first byte.
    if (received === 0 || connections < this.wanted) return
    this.#since ??= { now, received }
    const elapsed = now - this.#since.now
    if (elapsed < windowMs) return
    const rate = (received - this.#since.received) / elapsed
    this.#since = { now, received }
    if (busy > busyThread || rate > nearRate * connections || remaining < rate * shortMs) return
    if (rate < this.#rateBefore * worthwhile) {
      this.#limit = Math.min(this.#limit, this.#wanted)
      return
    }
    this.#rateBefore = rate
    this.#wanted = Math.min(this.#wanted * 2, this.#limit)
    this.#since = undefined
  }

  /** The server gave fewer than were asked for, or refused one. */
  shrink(connections: number): void {
    this.#limit = Math.max(1, Math.min(this.#limit, Math.floor(connections / 2)))
  }
}
