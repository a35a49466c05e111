import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { mapInOrder } from './map-in-order.ts'

async function* numbers(count: number) {
  for (let i = 0; i < count; i++) yield i
}

test('results keep the order of the input, however long each takes, and no more than allowed run at once', async () => {
  let running = 0
  let most = 0
  const results = mapInOrder(numbers(20), 4, async number => {
    most = Math.max(most, ++running)
    for (let turns = 20 - number; turns > 0; turns--) await setImmediate()
    running--
    return number % 5 === 0 ? undefined : number
  })
  expect(await Array.fromAsync(results)).toEqual(Array.from({ length: 20 }, (_, i) => i).filter(i => i % 5 !== 0))
  expect(most).toBe(4)
})

test('the first error in order is thrown, after what has begun has ended', async () => {
  let running = 0
  const results = mapInOrder(numbers(20), 4, async number => {
    running++
    for (let turns = 10; turns > 0 && number !== 3; turns--) await setImmediate()
    running--
    if (number === 2 || number === 3) throw new Error(`number ${number}`)
    return number
  })
  await expect(Array.fromAsync(results)).rejects.toThrow('number 2')
  expect(running).toBe(0)
})
