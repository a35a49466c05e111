import assert from 'node:assert/strict'
import { isLadingError } from '../../errors/index.ts'
import type { ObjectStore } from '../../stores/index.ts'
import type { ContractCase } from '../contract.ts'
import { bytes, etagOf, rejectsWith, textOf } from './store-contents.ts'

export const conditionCases: readonly ContractCase<ObjectStore>[] = [
  [
    'a conditional create creates, and leaves what is there',
    async store => {
      await store.put('a', bytes('first'), { ifNoneMatch: '*' })
      await rejectsWith('precondition-failed', store.put('a', bytes('second'), { ifNoneMatch: '*' }))
      assert.equal(await textOf(store, 'a'), 'first')
      await store.delete('a')
      await store.put('a', bytes('third'), { ifNoneMatch: '*' })
      assert.equal(await textOf(store, 'a'), 'third')
    },
  ],
  [
    'of twenty that create one object exactly one does',
    async store => {
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) => store.put('race/k', bytes(`writer ${i}`), { ifNoneMatch: '*' })),
      )
      const winners = results.flatMap((result, i) => (result.status === 'fulfilled' ? [i] : []))
      assert.equal(winners.length, 1)
      assertOthersFailedTheCondition(results)
      assert.equal(await textOf(store, 'race/k'), `writer ${winners[0]}`)
    },
  ],
  [
    'a conditional replace replaces the version it names and no other',
    async store => {
      await rejectsWith('precondition-failed', store.put('a', bytes('x'), { ifMatch: 'no such etag' }))
      assert.equal(await store.head('a'), undefined)
      await store.put('a', bytes('1'))
      const first = await etagOf(store, 'a')
      await store.put('a', bytes('2'), { ifMatch: first })
      await rejectsWith('precondition-failed', store.put('a', bytes('3'), { ifMatch: first }))
      assert.equal(await textOf(store, 'a'), '2')
      await rejectsWith('precondition-failed', store.get('a', { ifMatch: first }))
      await rejectsWith('bad-argument', store.put('a', bytes('4'), { ifMatch: first, ifNoneMatch: '*' }))
    },
  ],
  [
    'of twenty that replace one version exactly one does',
    async store => {
      await store.put('k', bytes('start'))
      const ifMatch = await etagOf(store, 'k')
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) => store.put('k', bytes(`writer ${i}`), { ifMatch })),
      )
      assert.equal(results.filter(result => result.status === 'fulfilled').length, 1)
      assertOthersFailedTheCondition(results)
    },
  ],
  [
    'twenty that count by read and conditional replace lose nothing',
    async store => {
      await store.put('count', bytes('0'))
      const increment = async () => {
        for (;;) {
          const ifMatch = await etagOf(store, 'count')
          const text = await textOf(store, 'count')
          try {
            await store.put('count', bytes(String(Number(text) + 1)), { ifMatch })
            return
          } catch (error) {
            if (!isLadingError(error, 'precondition-failed')) throw error
          }
        }
      }
      await Promise.all(Array.from({ length: 20 }, increment))
      assert.equal(await textOf(store, 'count'), '20')
    },
  ],
  [
    'a conditional delete removes the version it names and no other',
    async store => {
      await store.put('a', bytes('1'))
      const first = await etagOf(store, 'a')
      await store.put('a', bytes('2'))
      await rejectsWith('precondition-failed', store.delete('a', { ifMatch: first }))
      assert.equal(await textOf(store, 'a'), '2')
      await store.delete('a', { ifMatch: await etagOf(store, 'a') })
      assert.equal(await store.head('a'), undefined)
    },
  ],
]

function assertOthersFailedTheCondition(results: readonly PromiseSettledResult<unknown>[]): void {
  for (const result of results) {
    if (result.status === 'rejected')
      assert.ok(isLadingError(result.reason, 'precondition-failed'), String(result.reason))
  }
}
