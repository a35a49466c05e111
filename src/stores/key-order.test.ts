import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareKeys } from './key-order.ts'

test('keys are ordered as their UTF-8 bytes are', () => {
  const key = fc.string({ unit: fc.constantFrom('a', '/', '.', 'é', '\ud7ff', '\ue000', '\uffff', '😀', '\u{10ffff}') })
  fc.assert(
    fc.property(key, key, (a, b) => {
      expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
  )
})
