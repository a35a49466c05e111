import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bodyParts, defaultPartBytes, partSizeFor } from './body-parts.ts'
import { PartMemory } from './part-memory.ts'

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
      const memory = new PartMemory(partSize, partSize)
      const seen: Buffer[] = []
      const cutting = { size: known ? whole.length : undefined, partSize, memory, signal: undefined }
      let ended = false
      for await (const { number, last, bytes, md5, release } of bodyParts(body(), cutting)) {
        seen.push(Buffer.from(bytes))
        expect([number, ended]).toEqual([seen.length, false])
        expect(md5.equals(createHash('md5').update(bytes).digest())).toBe(true)
        if (!last) expect(bytes.length).toBe(partSize)
        ended = last
        release(true)
      }
      expect([ended, seen.length > 0, Buffer.concat(seen).equals(whole)]).toEqual([true, true, true])
    }),
  )
})

test('the error of a body comes out, and its memory goes back', async () => {
  const memory = new PartMemory(10, 10)
  const failure = new Error('planted')
  async function* body() {
    yield new Uint8Array(5)
    throw failure
  }
  await expect(
    Array.fromAsync(bodyParts(body(), { size: undefined, partSize: 10, memory, signal: undefined })),
  ).rejects.toBe(failure)
  ;(await memory.lend(10)).release()
})
