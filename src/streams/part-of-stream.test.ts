import fc from 'fast-check'
import { expect, test } from 'vitest'
import { partOfStream } from './part-of-stream.ts'
import { readAll } from './read-all.ts'

test('a part is exactly that part, whatever the chunks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 9 })),
      fc.nat(40),
      fc.option(fc.nat(40)),
      async (all, a, b) => {
        const [start, end] = b === null ? [a, undefined] : [Math.min(a, b), Math.max(a, b)]
        const range = { start, ...(end === undefined ? {} : { end }) }
        const part = await readAll(partOfStream(stream(all), range), 1000, 'it')
        expect(Buffer.from(part)).toEqual(Buffer.concat(all).subarray(start, end))
      },
    ),
  )
})

test('without a range it is all', async () => {
  expect(await readAll(partOfStream(stream([Uint8Array.of(1), Uint8Array.of(2)])), 10, 'it')).toEqual(
    Uint8Array.of(1, 2),
  )
})

test('what lies behind it is not read', async () => {
  let given = 0
  const endless = (async function* () {
    for (;;) yield Uint8Array.of(given++)
  })()
  await readAll(partOfStream(endless, { start: 2, end: 4 }), 10, 'it')
  expect(given).toBe(4)
})

async function* stream(chunks: readonly Uint8Array[]) {
  yield* chunks
}
