/** A network, as a connection through it feels it. */
export interface Shape {
  readonly roundTripMilliseconds: number
  /** Of one connection, in one direction. */
  readonly bytesPerSecond: number
  /** What may pass at once after a pause. */
  readonly burstBytes: number
}

/** What the scenarios that shape use: a registry at some distance, which gives each connection its share and no more. */
export const distantRegistry: Shape = {
  roundTripMilliseconds: 20,
  bytesPerSecond: 40_000_000,
  burstBytes: 64 * 1024,
}

/** Bytes that one direction of a connection may hold: what is on the way at full rate, and as much again. */
export function windowBytes({ roundTripMilliseconds, bytesPerSecond, burstBytes }: Shape): number {
  return Math.ceil((2 * roundTripMilliseconds * bytesPerSecond) / 1000) + burstBytes
}

/** When bytes leave that come in, in milliseconds of any clock: a token bucket, and then half the round trip. */
export class ShapedClock {
  readonly #shape: Shape
  /** When the bucket, empty, would have filled up to nothing: what is sent is paid from here on. */
  #paidUntil = Number.NEGATIVE_INFINITY
  #opensAt: number

  /** @param opensAt nothing has arrived before */
  constructor(shape: Shape, opensAt: number) {
    this.#shape = shape
    this.#opensAt = opensAt
  }

  /** When so many bytes, sent at `now`, are there. It never goes back. */
  arrival(bytes: number, now: number): number {
    const { roundTripMilliseconds, bytesPerSecond, burstBytes } = this.#shape
    const milliseconds = (count: number) => (count * 1000) / bytesPerSecond
    const sent = Math.max(now, this.#opensAt)
    this.#paidUntil = Math.max(this.#paidUntil, sent - milliseconds(burstBytes)) + milliseconds(bytes)
    return Math.max(sent, this.#paidUntil) + roundTripMilliseconds / 2
  }
}
