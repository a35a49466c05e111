import { expect, test } from 'vitest'
import { digestOf } from '../../model/digest.ts'
import { createDigestLedger, listed, live } from './digest-ledger.ts'

const digest = (at: number) => digestOf(new TextEncoder().encode(String(at)))

test('what is counted of a digest stays with it, whatever comes later', () => {
  const ledger = createDigestLedger()
  const many = 70_000
  for (let at = 0; at < many; at++) {
    const row = ledger.rowOf(digest(at))
    ledger.bytes.set(row, at * 1e6)
    ledger.tags.set(row, at)
    ledger.flag(row, listed)
  }
  expect(ledger.rows).toBe(many)
  for (const at of [0, 1, 65_535, 65_536, many - 1]) {
    const row = ledger.rowOf(digest(at))
    expect([row, ledger.bytes.get(row), ledger.tags.get(row), ledger.image.get(row)]).toEqual([at, at * 1e6, at, 0])
    expect(ledger.flag(row, live)).toBe(listed)
    expect(ledger.flagsOf(digest(at))).toBe(listed | live)
  }
})

test('a size may be of any length, and become another', () => {
  const ledger = createDigestLedger()
  const row = ledger.rowOf(digest(1))
  for (const bytes of [2 ** 32 - 1, 2 ** 32, 5e12, 7, 0]) {
    ledger.bytes.set(row, bytes)
    expect(ledger.bytes.get(row)).toBe(bytes)
  }
})

test('to ask for a digest does not enter it', () => {
  const ledger = createDigestLedger()
  expect([ledger.flagsOf(digest(1)), ledger.rows]).toEqual([0, 0])
})
