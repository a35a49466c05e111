import type { Readable, Writable } from 'node:stream'
import { type Shape, ShapedClock, windowBytes } from './shape.ts'

/** Time, so that a test can have its own. */
export interface Clock {
  now(): number
  after(milliseconds: number, run: () => void): void
}

interface Parcel {
  /** Undefined is the end. */
  readonly chunk: Buffer | undefined
  readonly due: number
}

/**
 * Carries what `from` gives to `to`, later, in order. No more than the network's window is held: then `from` is not read, so who
 * sends has to wait as with a real connection.
 *
 * @param opensAt when the first byte can be sent
 */
export function carry(from: Readable, to: Writable, shape: Shape, clock: Clock, opensAt: number): void {
  const shaped = new ShapedClock(shape, opensAt)
  const window = windowBytes(shape)
  const parcels: Parcel[] = []
  let held = 0
  let waiting = false

  const deliver = () => {
    waiting = false
    for (let first = parcels[0]; first !== undefined; first = parcels[0]) {
      const early = first.due - clock.now()
      if (early >= 1) return wait(early)
      if (to.destroyed) return
      parcels.shift()
      if (first.chunk === undefined) return void to.end()
      held -= first.chunk.byteLength
      const more = to.write(first.chunk)
      if (from.isPaused() && held < window / 2) from.resume()
      if (!more) return drained()
    }
  }
  const wait = (milliseconds: number) => {
    waiting = true
    clock.after(milliseconds, deliver)
  }
  const drained = () => {
    waiting = true
    to.once('drain', deliver)
  }
  const send = (chunk: Buffer | undefined) => {
    const size = chunk?.byteLength ?? 0
    parcels.push({ chunk, due: shaped.arrival(size, clock.now()) })
    held += size
    if (held >= window) from.pause()
    if (!waiting) deliver()
  }
  from.on('data', send)
  from.on('end', () => send(undefined))
}
