import { expect, test } from 'vitest'
import { ConnectionGrowth } from './connection-growth.ts'

interface Server {
  /** Bytes of each connection in a millisecond, and of all. */
  readonly each: number
  readonly all?: number
  readonly busy?: number
  readonly size?: number
}

/** What a download is like that always opens as many connections as are wanted, looked at every 50 ms. */
function simulate(growth: ConnectionGrowth, { each, all = Number.POSITIVE_INFINITY, busy = 0.1, size = 1e9 }: Server) {
  const wanted: number[] = []
  let received = 0
  for (let now = 0; now < 5000 && received < size; now += 50) {
    const connections = growth.wanted
    growth.sample({ now, received, remaining: size - received, connections, busy })
    if (wanted.at(-1) !== growth.wanted) wanted.push(growth.wanted)
    received += Math.min(all, each * connections) * 50
  }
  return wanted
}

test('a server that limits each connection gets twice as many as long as they bring more, and no more than 16', () => {
  expect(simulate(new ConnectionGrowth(), { each: 10_000 })).toEqual([1, 2, 4, 8, 16])
})

test('a limit for all of them is found, and not passed', () => {
  // four bring all that there is: eight were tried, and are kept
  expect(simulate(new ConnectionGrowth(), { each: 10_000, all: 40_000 })).toEqual([1, 2, 4, 8])
  expect(simulate(new ConnectionGrowth(), { each: 10_000, all: 10_000 })).toEqual([1, 2])
})

test('a server that is near is asked over one', () => {
  expect(simulate(new ConnectionGrowth(), { each: 120_000, size: 5e9 })).toEqual([1])
})

test('a thread that is busy takes no more', () => {
  expect(simulate(new ConnectionGrowth(), { each: 10_000, busy: 0.9 })).toEqual([1])
})

test('what is nearly here is not worth another connection', () => {
  expect(simulate(new ConnectionGrowth(), { each: 10_000, size: 2_500_000 })).toEqual([1])
})

test('nothing is decided before a byte has come, however long that takes', () => {
  const growth = new ConnectionGrowth()
  for (let now = 0; now < 10_000; now += 50)
    growth.sample({ now, received: 0, remaining: 1e9, connections: 1, busy: 0 })
  expect(growth.wanted).toBe(1)
})

test('a connection that has no answer yet holds the next one back', () => {
  const growth = new ConnectionGrowth()
  simulate(growth, { each: 10_000, size: 4_000_000 })
  const { wanted } = growth
  for (let now = 0; now < 2000; now += 50)
    growth.sample({ now, received: 5_000_000 + now * 1e6, remaining: 1e9, connections: wanted - 1, busy: 0 })
  expect(growth.wanted).toBe(wanted)
})

test('after a refusal there are half as many, and never more again', () => {
  const growth = new ConnectionGrowth()
  simulate(growth, { each: 10_000 })
  growth.shrink(16)
  expect(growth.wanted).toBe(8)
  growth.shrink(5)
  expect(growth.wanted).toBe(2)
  growth.shrink(16)
  expect(growth.wanted).toBe(2)
  expect(simulate(growth, { each: 10_000 })).toEqual([2])
})

test.each([0, 1, 2])('a refusal with %i connections leaves one', connections => {
  const growth = new ConnectionGrowth()
  growth.shrink(connections)
  expect(growth.wanted).toBe(1)
  expect(simulate(growth, { each: 10_000 })).toEqual([1])
})
