import { randomBytes } from 'node:crypto'
import { PassThrough, Writable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type Shape, ShapedClock, windowBytes } from '../../bench/shape.ts'
import { type Clock, carry } from '../../bench/shaped-link.ts'

/** 1 byte takes 1 ms, and the way there 10 ms. */
const slow: Shape = { roundTripMilliseconds: 20, bytesPerSecond: 1000, burstBytes: 100 }

/** Time that passes when it is told to. */
class ManualClock implements Clock {
  #now = 0
  readonly #timers: { readonly at: number; readonly run: () => void }[] = []

  now(): number {
    return this.#now
  }

  after(milliseconds: number, run: () => void): void {
    this.#timers.push({ at: this.#now + milliseconds, run })
  }

  /** Runs what is due up to then, in order, and lets streams do what follows. */
  async until(end: number): Promise<void> {
    await turn()
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.#timers.splice(this.#timers.indexOf(next), 1)
      this.#now = next.at
      next.run()
      await turn()
    }
    this.#now = end
  }
}

test('half a round trip is added to each way, after the round trip of the handshake', () => {
  const clock = new ShapedClock(slow, 20)
  expect(clock.arrival(1, 0)).toBe(30)
  expect(clock.arrival(1, 50)).toBe(60)
})

test('a burst passes at once, and what is above it at the rate', () => {
  const clock = new ShapedClock(slow, 0)
  expect(clock.arrival(100, 0)).toBe(10)
  expect(clock.arrival(50, 0)).toBe(60)
  expect(clock.arrival(50, 0)).toBe(110)
  // the bucket fills up while nothing is sent, and no more than to its edge
  expect(clock.arrival(100, 10_000)).toBe(10_010)
  expect(clock.arrival(1, 10_000)).toBe(10_011)
})

test('a chunk that is larger than the bucket takes its whole time', () => {
  expect(new ShapedClock(slow, 0).arrival(1100, 0)).toBe(1010)
})

test('bytes arrive whole and in order, when they are due', async () => {
  const clock = new ManualClock()
  const from = new PassThrough()
  const to = new PassThrough()
  let arrived = ''
  to.setEncoding('utf8').on('data', text => {
    arrived += text
  })
  carry(from, to, slow, clock, clock.now())
  from.write('a'.repeat(100))
  await turn()
  from.end('the end')
  await clock.until(9)
  expect(arrived).toBe('')
  await clock.until(10)
  expect(arrived).toBe('a'.repeat(100))
  await clock.until(17)
  expect(arrived).toBe(`${'a'.repeat(100)}the end`)
  expect(to.readableEnded).toBe(true)
})

test('no more than a window is held, and all of it arrives', async () => {
  const clock = new ManualClock()
  const content = randomBytes(10_000)
  const from = new PassThrough({ highWaterMark: 10 })
  const received: Buffer[] = []
  const to = new PassThrough({ highWaterMark: 10 })
  to.on('data', chunk => received.push(chunk))
  carry(from, to, slow, clock, clock.now())
  let taken = 0
  const feed = (async () => {
    for (let at = 0; at < content.length; at += 10) {
      if (!from.write(content.subarray(at, at + 10))) await new Promise(resolve => from.once('drain', resolve))
      taken += 10
    }
    from.end()
  })()
  await clock.until(5)
  for (let turns = 0; turns < 100; turns++) await turn()
  expect(taken).toBeGreaterThanOrEqual(windowBytes(slow))
  expect(taken).toBeLessThan(windowBytes(slow) + 50)
  for (let at = 5; at < 10_100; at += 5) await clock.until(at)
  await feed
  expect(Buffer.concat(received).equals(content)).toBe(true)
})

test('who does not read is not sent more', async () => {
  const clock = new ManualClock()
  const from = new PassThrough({ highWaterMark: 10 })
  let written = 0
  // takes one chunk and never says that it has
  const write = (chunk: Buffer) => {
    written += chunk.length
  }
  const to = new Writable({ highWaterMark: 1, write })
  carry(from, to, slow, clock, clock.now())
  for (let at = 0; at < 100; at++) from.write(Buffer.alloc(10))
  await clock.until(5000)
  expect(written).toBe(10)
  expect(from.isPaused()).toBe(true)
})
