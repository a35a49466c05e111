import { expect, test } from 'vitest'
import { type Loan, PartMemory } from './part-memory.ts'

test('is lent in the order of asking, and a small wish does not pass a large one', async () => {
  const memory = new PartMemory(10, 10)
  const order: string[] = []
  const noted = async (name: string, loan: Promise<Loan>) => {
    const lent = await loan
    order.push(name)
    return lent
  }
  const first = await memory.lend(4)
  const large = noted('large', memory.lend(9))
  const small = noted('small', memory.lend(1))
  first.release()
  ;(await large).release()
  ;(await small).release()
  expect(order).toEqual(['large', 'small'])
})

test('is all lent to who wants more than there is, and given back once', async () => {
  const memory = new PartMemory(10, 2)
  const all = await memory.lend(1000)
  expect(all.buffer.length).toBe(1000)
  const controller = new AbortController()
  const next = memory.lend(1, controller.signal)
  all.release()
  all.release()
  ;(await next).release()
  const two = await Promise.all([memory.lend(5), memory.lend(5)])
  const third = memory.lend(1, controller.signal)
  controller.abort(new Error('there is no more'))
  await expect(third).rejects.toThrow('there is no more')
  for (const loan of two) loan.release()
})

test('is not waited for any longer when the signal says so, and the next in turn is served', async () => {
  const memory = new PartMemory(10, 100)
  const controller = new AbortController()
  const held = await memory.lend(5)
  const gone = memory.lend(10, controller.signal)
  const next = memory.lend(5)
  controller.abort(new Error('enough'))
  await expect(gone).rejects.toThrow('enough')
  ;(await next).release()
  held.release()
})

test('is used again where nobody reads from it any more', async () => {
  const memory = new PartMemory(20, 10)
  const of = (loan: Loan) => loan.buffer.buffer
  const [one, two] = await Promise.all([memory.lend(10), memory.lend(9)])
  const [kept, lost] = [of(one), of(two)]
  one.release(true)
  two.release()
  const again = [await memory.lend(8), await memory.lend(10)]
  expect([of(again[0] as Loan) === kept, again.some(loan => of(loan) === lost)]).toEqual([true, false])
  expect(again.map(({ buffer }) => buffer.length)).toEqual([8, 10])
})
