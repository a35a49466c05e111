import { expect, test } from 'vitest'
import { PartGrowth } from './part-growth.ts'

/** Moves so many parts, where `rate` says what so many at once bring, in bytes a millisecond. Returns how many there were, each time. */
function moved(growth: PartGrowth, parts: number, rate: (atOnce: number) => number): number[] {
  let now = 0
  return Array.from({ length: parts }, () => {
    now += 1000 / rate(growth.wanted)
    growth.moved(now, 1000)
    return growth.wanted
  })
}

test('each more that makes it faster stays', () => {
  expect(moved(new PartGrowth(), 100, atOnce => atOnce).at(-1)).toBe(4)
})

test('what does not make it faster is taken back, and tried again later', () => {
  const wanted = moved(new PartGrowth(), 100, () => 1)
  expect(wanted.filter(count => count > 2).length).toBeLessThan(30)
  expect(wanted).toContain(3)
  expect(wanted).not.toContain(4)
  expect(wanted.slice(-20)).toContain(2)
  expect(wanted.slice(20)).toContain(3)
})

test('as many stay as a server puts up with', () => {
  const growth = new PartGrowth()
  moved(growth, 100, atOnce => atOnce)
  growth.shrink(4)
  expect(growth.wanted).toBe(3)
  growth.shrink(1)
  expect(growth.wanted).toBe(1)
  expect(moved(growth, 100, atOnce => atOnce).at(-1)).toBe(1)
})
