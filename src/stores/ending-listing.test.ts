import { expect, test } from 'vitest'
import { limits } from '../model/limits.ts'
import { createPageCheck, endingListing } from './ending-listing.ts'
import type { ListEntry } from './object-store.ts'

async function* listed(names: Iterable<string>): AsyncGenerator<ListEntry> {
  for (const key of names) yield { kind: 'object', info: { key, size: 1, modified: new Date(0) } }
}

async function count(names: Iterable<string>): Promise<number> {
  let entries = 0
  for await (const _ of endingListing(listed(names), 'p/')) entries += 1
  return entries
}

function* circle(before: number, length: number): Generator<string> {
  for (let at = 0; ; at++) yield `p/${at < before ? at : before + ((at - before) % length)}`
}

test.each([
  [0, 1],
  [0, 2],
  [5, 3],
  [100, 1000],
])('a listing that goes in a circle after %i entries, of %i, is left', async (before, length) => {
  await expect(count(circle(before, length))).rejects.toMatchObject({ code: 'protocol-error' })
})

test('one that ends is read to its end, in any order', async () => {
  expect(await count(Array.from({ length: 5000 }, (_, at) => `p/${(at * 7) % 5000}`))).toBe(5000)
})

test('what was not asked for is refused', async () => {
  await expect(count(['p/a', 'q/b'])).rejects.toMatchObject({ code: 'protocol-error' })
})

test('so many pages may be empty', () => {
  const check = createPageCheck()
  for (let pages = 1; pages < limits.emptyPages; pages++) check(0)
  check(1)
  for (let pages = 1; pages < limits.emptyPages; pages++) check(0)
  expect(() => check(0)).toThrow(expect.objectContaining({ code: 'too-large' }))
})
