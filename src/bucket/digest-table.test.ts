import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Digest } from '../model/digest.ts'
import { createDigestTable } from './digest-table.ts'

const nth = (i: number): Digest => `sha256:${createHash('sha256').update(String(i)).digest('hex')}`

test('keeps flags and numbers of many digests, through its growth', () => {
  const table = createDigestTable()
  for (let i = 0; i < 10_000; i++) expect(table.add(nth(i), 1 << (i % 7), i)).toBe(0)
  for (let i = 0; i < 10_000; i += 2) expect(table.add(nth(i), 0x40)).toBe(1 << (i % 7))
  expect(table.size).toBe(10_000)
  for (let i = 0; i < 10_000; i++) {
    expect(table.number(nth(i))).toBe(i)
    expect(table.flags(nth(i))).toBe((1 << (i % 7)) | (i % 2 === 0 ? 0x40 : 0))
  }
  expect(table.flags(nth(10_001))).toBe(0)
  expect(table.number(nth(10_001))).toBeUndefined()
})

test('keeps numbers of any size', () => {
  const table = createDigestTable()
  const numbers = [0, 5, 2 ** 32 - 2, 2 ** 32 - 1, 2 ** 40, 1.5, -1]
  for (const [i, number] of numbers.entries()) {
    // of one shard: the first byte is the same
    table.add(`sha256:00${nth(i).slice(9)}`, 1, number)
    table.add(`sha256:00${nth(i + 100).slice(9)}`, 1)
  }
  for (const [i, number] of numbers.entries()) {
    expect(table.number(`sha256:00${nth(i).slice(9)}`)).toBe(number)
    expect(table.number(`sha256:00${nth(i + 100).slice(9)}`)).toBeUndefined()
  }
})

test('tells digests apart that begin alike, and algorithms', () => {
  const table = createDigestTable()
  const [a, b] = [`sha256:${'a'.repeat(64)}`, `sha256:${'a'.repeat(25)}b${'a'.repeat(38)}`] as Digest[]
  const long: Digest = `sha512:${'a'.repeat(128)}`
  if (a === undefined || b === undefined) throw new Error('unreachable')
  table.add(a, 1, 5)
  expect(table.flags(b)).toBe(0)
  expect(table.flags(long)).toBe(0)
  table.add(long, 2)
  expect([table.flags(a), table.flags(long), table.number(long)]).toEqual([1, 2, undefined])
})
