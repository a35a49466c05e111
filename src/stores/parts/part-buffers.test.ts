import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type PartBuffer, PartBuffers } from './part-buffers.ts'

/** Whether it has been served by now. */
async function isServed(buffer: Promise<PartBuffer>): Promise<boolean> {
  return await Promise.race([buffer.then(() => true), new Promise<boolean>(resolve => setImmediate(resolve, false))])
}

test('who waits for memory is served in order, and a large one is not overtaken', async () => {
  const buffers = new PartBuffers(10, 5)
  const held = await Promise.all([buffers.acquire(5), buffers.acquire(5)])
  const large = buffers.acquire(10)
  const small = buffers.acquire(1)
  held[0].release()
  expect([await isServed(large), await isServed(small)]).toEqual([false, false])
  held[1].release()
  expect([await isServed(large), await isServed(small)]).toEqual([true, false])
  ;(await large).release()
  expect(await isServed(small)).toBe(true)
})

test('who asks for more than there is gets it when nothing else is out', async () => {
  const buffers = new PartBuffers(10, 5)
  const one = await buffers.acquire(1)
  const huge = buffers.acquire(100)
  expect(await isServed(huge)).toBe(false)
  one.release()
  expect((await huge).bytes.byteLength).toBe(100)
})

test('memory is used again, unless somebody may still read it', async () => {
  const buffers = new PartBuffers(10, 5)
  const first = await buffers.acquire(5)
  first.release()
  first.release()
  const second = await buffers.acquire(5)
  expect(second.bytes).toBe(first.bytes)
  second.release(false)
  expect((await buffers.acquire(5)).bytes).not.toBe(first.bytes)
})

test('who gives up waiting leaves the place to others', async () => {
  const buffers = new PartBuffers(10, 5)
  const held = await buffers.acquire(8)
  const controller = new AbortController()
  const impatient = buffers.acquire(5, controller.signal)
  const modest = buffers.acquire(2)
  controller.abort(new Error('enough'))
  await expect(impatient).rejects.toThrow('enough')
  expect(await isServed(modest)).toBe(true)
  held.release()
  await expect(buffers.acquire(1, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
})

test('any number of tasks get their turn, and no more than the budget is out at a time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 40 }), async sizes => {
      const buffers = new PartBuffers(20, 5)
      let out = 0
      await Promise.all(
        sizes.map(async size => {
          const buffer = await buffers.acquire(size)
          out += size
          expect(out <= 20 || out === size).toBe(true)
          await new Promise(resolve => setImmediate(resolve))
          out -= size
          buffer.release()
        }),
      )
    }),
    { numRuns: 30 },
  )
})
