import assert from 'node:assert/strict'
import type { Deletion, ObjectStore } from '../../stores/index.ts'
import type { ContractCase } from '../contract.ts'
import { bytes, listed, patterned, rejectsWith } from './store-contents.ts'

/** More than any service takes in one request. */
const manyKeys = 1100

async function deleted(store: ObjectStore, keys: AsyncIterable<string> | Iterable<string>): Promise<Deletion[]> {
  return await Array.fromAsync(store.deleteMany(keys))
}

/** What a bucket is cleaned by: many deletions, ages, and what is left behind. */
export const cleaningCases: readonly ContractCase<ObjectStore>[] = [
  [
    'many objects are deleted, absent ones too, and no other',
    async store => {
      const kept = ['gone/0', 'gone/00005/below', 'gone/x/é &<b>/y', 'other']
      const there = ['gone/00003', 'gone/00999', 'gone/01050', 'gone/x/é &<a>/y', 'gone/x/a+b %41']
      for (const key of [...kept, ...there]) await store.put(key, bytes('x'))
      const absent = Array.from({ length: manyKeys }, (_, i) => `gone/${String(i).padStart(5, '0')}`)
      const keys = [...absent, ...there.slice(3)]
      assert.deepEqual(
        await deleted(store, keys),
        keys.map(key => ({ key })),
      )
      assert.deepEqual(await listed(store, ''), kept)
    },
  ],
  [
    'nothing is deleted where no key is named',
    async store => {
      await store.put('a', bytes('x'))
      assert.deepEqual(await deleted(store, []), [])
      assert.deepEqual(await listed(store, ''), ['a'])
    },
  ],
  [
    'keys of many deletions are read as it goes, and one may leave early',
    async store => {
      let read = 0
      const endless = {
        async *[Symbol.asyncIterator]() {
          for (;;) yield `absent/${read++}`
        },
      }
      for await (const deletion of store.deleteMany(endless)) {
        assert.deepEqual(deletion, { key: 'absent/0' })
        break
      }
      assert.ok(read <= 5000, `${read} keys were read for one`)
    },
  ],
  [
    'a key that no store has is refused by many deletions',
    async store => rejectsWith('bad-argument', deleted(store, ['a', '../outside'])),
  ],
  [
    'an abort ends many deletions with its reason',
    async store => {
      const abort = new AbortController()
      const keys = async function* () {
        yield 'a'
        abort.abort(new Error('enough'))
        yield 'b'
      }
      await assert.rejects(Array.fromAsync(store.deleteMany(keys(), { signal: abort.signal })), /enough/)
    },
  ],
  [
    'objects that are put one after the other were modified in that order, as lists and heads tell it',
    async store => {
      const heads: number[] = []
      for (const key of ['c', 'a', 'b']) {
        await store.put(key, bytes(key))
        heads.push((await store.head(key))?.modified.getTime() ?? Number.NaN)
      }
      assert.deepEqual(
        heads.toSorted((a, b) => a - b),
        heads,
      )
      const times = new Map<string, number>()
      for await (const entry of store.list('')) {
        if (entry.kind === 'object') times.set(entry.info.key, entry.info.modified.getTime())
      }
      const ordered = ['c', 'a', 'b'].map(key => times.get(key) ?? Number.NaN)
      assert.deepEqual(
        ordered.toSorted((a, b) => a - b),
        ordered,
      )
      // HTTP tells whole seconds, listings their fractions.
      const seconds = (time: number) => Math.floor(time / 1000)
      assert.deepEqual(ordered.map(seconds), heads.map(seconds))
    },
  ],
  [
    'a list and a head tell the same storage class, if any',
    async store => {
      await store.put('a', bytes('x'))
      const head = await store.head('a')
      for await (const entry of store.list('')) {
        assert.ok(entry.kind === 'object')
        assert.equal(entry.info.storageClass, head?.storageClass)
        assert.notEqual(entry.info.storageClass, '')
      }
    },
  ],
  [
    'what a listing costs is told',
    async store => assert.ok(store.listing === 'by-prefix' || store.listing === 'whole-folder'),
  ],
  [
    'an upload that was finished, or that failed, is not unfinished',
    async store => {
      if (store.unfinished === undefined) return
      const content = patterned(6 * 1024 * 1024)
      await store.put('large', content)
      const failing = {
        size: content.byteLength,
        async *open() {
          yield content.subarray(0, 3 * 1024 * 1024)
          throw new Error('the source is gone')
        },
      }
      await assert.rejects(store.put('failed', failing), /the source is gone/)
      assert.deepEqual(await Array.fromAsync(store.unfinished()), [])
    },
  ],
  [
    'what stays of deleted objects is told in known words, or not at all',
    async store => {
      const kept = await store.retention?.()
      if (kept === undefined) return
      assert.ok(['on', 'suspended', 'off', undefined].includes(kept.versions), kept.versions)
      for (const days of [kept.lockedDays, kept.softDeleteDays]) assert.ok(days === undefined || days >= 0)
    },
  ],
]
