import assert from 'node:assert/strict'
import { digestOf } from '../../model/digest.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { bytesOf } from '../../streams/index.ts'
import type { ContractCase } from '../contract.ts'
import { bytes, rejectsWith, textOf } from './store-contents.ts'

const hello = bytes('hello')
const content = digestOf(hello)
const key = `blobs/${content.replace(':', '/')}`

export const contentCases: readonly ContractCase<ObjectStore>[] = [
  [
    'content is stored, and stored again without harm',
    async store => {
      await store.put(key, bytesOf(hello), { content })
      assert.equal((await store.put(key, bytesOf(hello), { content })).size, 5)
      assert.equal(await textOf(store, key), 'hello')
    },
  ],
  [
    'content of another size than it should have is replaced',
    async store => {
      await store.put(key, bytes('hel'))
      await store.put(key, bytesOf(hello), { content })
      assert.equal(await textOf(store, key), 'hello')
    },
  ],
  [
    'the same content put by twenty at once is stored whole',
    async store => {
      await Promise.all(Array.from({ length: 20 }, () => store.put(key, bytesOf(hello), { content })))
      assert.equal(await textOf(store, key), 'hello')
    },
  ],
  [
    'content whose body fails is not stored',
    async store => {
      const failure = new Error('planted')
      const failing = {
        size: 5,
        async *open() {
          yield hello.subarray(0, 2)
          throw failure
        },
      }
      await assert.rejects(store.put(key, failing, { content }), error => error === failure)
      assert.equal(await store.head(key), undefined)
    },
  ],
  [
    'a store that can copies an object itself, and refuses one of another size',
    async store => {
      const origin = store.origin?.('from')
      if (origin === undefined || store.copyFrom === undefined) return
      await store.put('from', hello)
      const copied = await store.copyFrom(origin, key, { size: 5, content })
      // a directory's file system may be one that cannot
      if (copied === undefined) return assert.equal(await store.head(key), undefined)
      assert.equal(copied.size, 5)
      assert.equal(await textOf(store, key), 'hello')
      await rejectsWith('size-mismatch', store.copyFrom(origin, 'other', { size: 6 }))
      assert.equal(await store.head('other'), undefined)
      const absent = { ...origin, key: `${origin.key}-absent` }
      await rejectsWith('blob-not-found', store.copyFrom(absent, 'other', { size: 5 }))
      assert.equal(await store.copyFrom({ ...origin, account: 'somebody else' }, 'other', { size: 5 }), undefined)
    },
  ],
]
