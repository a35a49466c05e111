import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { HostLimiter } from './host-limiter.ts'

test('halves once for a burst of complaints, and grows back to the ceiling', async () => {
  const limiter = new HostLimiter(8)
  const burst = await Promise.all(Array.from({ length: 8 }, () => limiter.acquire()))
  for (const permit of burst) permit.release('congested')
  expect(limiter.limit).toBe(4)
  for (let i = 0; i < 1000; i++) (await limiter.acquire()).release('success')
  expect(limiter.limit).toBe(8)
})

test('never falls below one', async () => {
  const limiter = new HostLimiter(2)
  for (let i = 0; i < 5; i++) (await limiter.acquire()).release('congested')
  expect(limiter.limit).toBe(1)
})

test('lets in who waited longest, and forgets who gave up', async () => {
  const limiter = new HostLimiter(1)
  const first = await limiter.acquire()
  const abort = new AbortController()
  const order: string[] = []
  const gaveUp = limiter.acquire(abort.signal).catch(() => order.push('gave up'))
  const waiting = limiter.acquire().then(permit => {
    order.push('second')
    permit.release('success')
  })
  abort.abort()
  await gaveUp
  first.release('success')
  await waiting
  await limiter.acquire()
  expect(order).toEqual(['gave up', 'second'])
})

test('keeps the place of who was told to wait until the wait is over', async () => {
  const limiter = new HostLimiter(1)
  const rest = Promise.withResolvers<void>()
  const order: string[] = []
  ;(await limiter.acquire()).release('congested', rest.promise)
  const next = limiter.acquire().then(() => order.push('next'))
  await setImmediate()
  order.push('rested')
  rest.resolve()
  await next
  expect(order).toEqual(['rested', 'next'])
})
