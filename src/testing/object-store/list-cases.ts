import assert from 'node:assert/strict'
import type { ObjectStore } from '../../stores/index.ts'
import type { ContractCase } from '../contract.ts'
import { bytes, listed } from './store-contents.ts'

/** In the order of their UTF-8 bytes. U+FF01 sorts before U+1F600 there, and after it in UTF-16. */
const ordered = ['A', 'a b', 'a+b', 'a-b/x', 'a.b', 'a/x', 'a/x.y', 'a/y/1', 'a/y/10', 'a/y/2', 'a0', 'é', '！', '😀']

export const listCases: readonly ContractCase<ObjectStore>[] = [
  ['an empty store lists nothing', async store => assert.deepEqual(await listed(store, ''), [])],
  [
    'keys come in the order of their UTF-8 bytes, each once, with its size',
    async store => {
      for (const key of ordered.toReversed()) await store.put(key, bytes(key))
      assert.deepEqual(await listed(store, ''), ordered)
      for await (const entry of store.list('')) {
        assert.ok(entry.kind === 'object')
        assert.equal(entry.info.size, bytes(entry.info.key).byteLength)
        assert.ok(entry.info.modified instanceof Date)
      }
    },
  ],
  [
    'a prefix ends anywhere in a key',
    async store => {
      for (const key of ordered) await store.put(key, bytes(key))
      for (const key of ['.hidden', '..two', 'a/.x']) await store.put(key, bytes(key))
      assert.deepEqual(await listed(store, '.'), ['..two', '.hidden'])
      assert.deepEqual(await listed(store, '..'), ['..two'])
      assert.deepEqual(await listed(store, 'a/.'), ['a/.x'])
      await store.delete('a/.x')
      for (const prefix of ['a', 'a/', 'a/x', 'a/y', 'a/y/', 'a/y/1', 'é', 'z', 'a/x/']) {
        assert.deepEqual(
          await listed(store, prefix),
          ordered.filter(key => key.startsWith(prefix)),
          `prefix ${prefix}`,
        )
      }
    },
  ],
  [
    'a delimiter folds what comes after it',
    async store => {
      for (const key of ordered) await store.put(key, bytes(key))
      const folded = ['A', 'a b', 'a+b', 'a-b/', 'a.b', 'a/', 'a0', 'é', '！', '😀']
      assert.deepEqual(await listed(store, '', { delimiter: '/' }), folded)
      assert.deepEqual(await listed(store, 'a/', { delimiter: '/' }), ['a/x', 'a/x.y', 'a/y/'])
      assert.deepEqual(await listed(store, 'a/y', { delimiter: '/' }), ['a/y/'])
      assert.deepEqual(await listed(store, 'a', { delimiter: '/' }), ['a b', 'a+b', 'a-b/', 'a.b', 'a/', 'a0'])
    },
  ],
  [
    'startAfter begins behind a key, whether that exists or not',
    async store => {
      for (const key of ordered) await store.put(key, bytes(key))
      for (const after of [...ordered, 'a', 'a/', 'a/y', 'a/y/', 'a/y/1/0', 'b', '0', 'a,']) {
        const expected = ordered.filter(key => Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0)
        assert.deepEqual(await listed(store, '', { startAfter: after }), expected, `after ${after}`)
      }
      assert.deepEqual(await listed(store, 'a/y/', { startAfter: 'a/y/1' }), ['a/y/10', 'a/y/2'])
      assert.deepEqual(await listed(store, 'a/', { startAfter: 'a/x.y', delimiter: '/' }), ['a/y/'])
      assert.deepEqual(await listed(store, 'a/', { startAfter: 'a/y/2', delimiter: '/' }), [])
    },
  ],
  [
    'more objects than fit on a page are all listed',
    async store => {
      const keys = Array.from({ length: 1100 }, (_, i) => `page/${String(i).padStart(5, '0')}`)
      const left = [...keys]
      const one = async () => {
        for (let key = left.pop(); key !== undefined; key = left.pop()) await store.put(key, bytes('x'))
      }
      await Promise.all(Array.from({ length: 16 }, one))
      assert.deepEqual(await listed(store, 'page/'), keys)
      assert.deepEqual(await listed(store, 'page/', { startAfter: 'page/01050' }), keys.slice(1051))
    },
  ],
  [
    'a listing may be left early',
    async store => {
      for (const key of ordered) await store.put(key, bytes(key))
      for await (const entry of store.list('')) {
        assert.ok(entry.kind === 'object' && entry.info.key === 'A')
        break
      }
    },
  ],
  [
    'a listing goes on while what it lists is deleted',
    async store => {
      const keys = Array.from({ length: 30 }, (_, i) => `d/${String(i).padStart(2, '0')}/x`)
      for (const key of keys) await store.put(key, bytes('x'))
      const seen: string[] = []
      for await (const entry of store.list('d/')) {
        assert.ok(entry.kind === 'object')
        seen.push(entry.info.key)
        for (const key of keys.splice(0, 3)) await store.delete(key)
      }
      assert.deepEqual(seen, seen.toSorted())
      assert.deepEqual(await listed(store, 'd/'), keys)
    },
  ],
]
