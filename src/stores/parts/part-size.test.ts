import fc from 'fast-check'
import { expect, test } from 'vitest'
import { partSizeFor, usualPartBytes } from './part-size.ts'

const mebibyte = 1024 * 1024

test.each([10_000, 50_000])('of %i parts at most all fit, and are of whole MiB', maxParts => {
  expect(partSizeFor(undefined, maxParts)).toBe(usualPartBytes)
  expect(partSizeFor(0, maxParts)).toBe(usualPartBytes)
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 * 1024 ** 4 }), size => {
      const part = partSizeFor(size, maxParts)
      expect(part).toBeGreaterThanOrEqual(usualPartBytes)
      expect(part % mebibyte).toBe(0)
      expect(Math.ceil(size / part)).toBeLessThanOrEqual(maxParts)
      expect(part === usualPartBytes || Math.ceil(size / (part - mebibyte)) > maxParts).toBe(true)
    }),
  )
})
