import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BufferBudget } from './buffer-budget.ts'

/** Whether a promise is settled when everything that could settle it has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  promise.then(
    () => (settled = true),
    () => (settled = true),
  )
  await new Promise(resolve => setImmediate(resolve))
  return settled
}

test('grants until the memory is used up, and then in the order of asking', async () => {
  const budget = new BufferBudget(10, 4)
  const first = await budget.acquire(4)
  await budget.acquire(4)
  const third = budget.acquire(4)
  const fourth = budget.acquire(1)
  expect(await isSettled(third)).toBe(false)
  expect(await isSettled(fourth)).toBe(false)
  first.release()
  expect((await third).bytes).toBe(first.bytes)
  expect((await fourth).bytes.byteLength).toBe(1)
})

test('a buffer larger than everything is granted alone', async () => {
  const budget = new BufferBudget(10, 4)
  const small = await budget.acquire(1)
  const large = budget.acquire(100)
  expect(await isSettled(large)).toBe(false)
  small.release()
  expect((await large).bytes.byteLength).toBe(100)
  expect(await isSettled(budget.acquire(1))).toBe(false)
})

test('who no longer waits is passed over, and throws the reason', async () => {
  const budget = new BufferBudget(10, 4)
  const held = await budget.acquire(8)
  const controller = new AbortController()
  const large = budget.acquire(9, controller.signal)
  const small = budget.acquire(2)
  const reason = new Error('enough')
  controller.abort(reason)
  await expect(large).rejects.toBe(reason)
  await small
  await expect(budget.acquire(1, controller.signal)).rejects.toBe(reason)
  held.release()
})

test('whatever is asked for is granted in the end, and never too much at once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 30 }), async sizes => {
      const budget = new BufferBudget(10, 4)
      let used = 0
      await Promise.all(
        sizes.map(async size => {
          const buffer = await budget.acquire(size)
          used += size
          expect(used <= 10 || used === size).toBe(true)
          await Promise.resolve()
          used -= size
          buffer.release()
        }),
      )
    }),
  )
})
