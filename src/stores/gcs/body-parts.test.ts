import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bodyParts, defaultPartBytes, partSizeFor } from './body-parts.ts'
import { PartBudget } from './part-budget.ts'

const mebibyte = 1024 * 1024

test.each([
  [undefined, defaultPartBytes],
  [0, defaultPartBytes],
  [10_000 * defaultPartBytes, defaultPartBytes],
  [10_000 * defaultPartBytes + 1, defaultPartBytes + mebibyte],
  [5 * 1024 ** 4, 525 * mebibyte],
])('an object of %s bytes has parts of %i', (size, expected) => {
  expect(partSizeFor(size)).toBe(expected)
  expect(Math.ceil((size ?? 0) / expected)).toBeLessThanOrEqual(10_000)
})

test('whatever the chunks, parts are the bytes in order, all but the last of one size, and the last is known as such', async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 20 }).filter(chunk => chunk.length > 0))
  await fc.assert(
    fc.asyncProperty(chunks, fc.integer({ min: 1, max: 16 }), fc.boolean(), async (given, partSize, known) => {
      const whole = Buffer.concat(given)
      async function* body() {
        for (const chunk of given) {
          const scratch = Uint8Array.from(chunk)
          yield scratch
          scratch.fill(0)
        }
      }
      const budget = new PartBudget(partSize)
      const seen: Buffer[] = []
      const cutting = { size: known ? whole.length : undefined, partSize, budget, signal: undefined }
      let ended = false
      for await (const { number, last, bytes, md5, release } of bodyParts(body(), cutting)) {
        seen.push(Buffer.from(bytes))
        expect([number, ended]).toEqual([seen.length, false])
        expect(md5.equals(createHash('md5').update(bytes).digest())).toBe(true)
        if (!last) expect(bytes.length).toBe(partSize)
        ended = last
        release()
      }
      expect([ended, seen.length > 0, Buffer.concat(seen).equals(whole)]).toEqual([true, true, true])
    }),
  )
})

test('the error of a body comes out, and its memory goes back', async () => {
  const budget = new PartBudget(10)
  const failure = new Error('planted')
  async function* body() {
    yield new Uint8Array(5)
    throw failure
  }
  await expect(
    Array.fromAsync(bodyParts(body(), { size: undefined, partSize: 10, budget, signal: undefined })),
  ).rejects.toBe(failure)
  ;(await budget.take(10))()
})

describe('memory for parts', () => {
  test('is shared in the order of asking, and a small wish does not pass a large one', async () => {
    const budget = new PartBudget(10)
    const order: string[] = []
    const noted = async (name: string, room: Promise<() => void>) => {
      const release = await room
      order.push(name)
      return release
    }
    const first = await budget.take(8)
    const large = noted('large', budget.take(9))
    const small = noted('small', budget.take(1))
    first()
    ;(await large)()
    ;(await small)()
    expect(order).toEqual(['large', 'small'])
  })

  test('is all of it for who wants more than there is', async () => {
    const budget = new PartBudget(10)
    const all = await budget.take(1000)
    const next = budget.take(1)
    all()
    all()
    ;(await next)()
  })

  test('is not waited for any longer when the signal says so, and the next in turn is served', async () => {
    const budget = new PartBudget(10)
    const controller = new AbortController()
    const held = await budget.take(5)
    const gone = budget.take(10, controller.signal)
    const next = budget.take(5)
    controller.abort(new Error('enough'))
    await expect(gone).rejects.toThrow('enough')
    ;(await next)()
    held()
  })
})
