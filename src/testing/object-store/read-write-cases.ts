import assert from 'node:assert/strict'
import type { ObjectStore } from '../../stores/index.ts'
import type { ContractCase } from '../contract.ts'
import { bytes, contentOf, patterned, rejectsWith, textOf } from './store-contents.ts'

const large = 5 * 1024 * 1024 + 3

export const readWriteCases: readonly ContractCase<ObjectStore>[] = [
  [
    'an absent object is undefined to head, and an error to get',
    async store => {
      assert.equal(await store.head('a/b'), undefined)
      await rejectsWith('blob-not-found', store.get('a/b'))
      await store.put('a/b/c', bytes('x'))
      assert.equal(await store.head('a/b'), undefined)
      await rejectsWith('blob-not-found', store.get('a/b'))
      assert.equal(await store.head('a/b/c/d'), undefined)
    },
  ],
  [
    'what is put is read again, with its size',
    async store => {
      const put = await store.put('a/b', bytes('hello'))
      assert.deepEqual([put.key, put.size], ['a/b', 5])
      const head = await store.head('a/b')
      assert.deepEqual([head?.key, head?.size], ['a/b', 5])
      const { info, body } = await store.get('a/b')
      assert.deepEqual([info.key, info.size, info.etag], ['a/b', 5, put.etag])
      assert.ok(info.modified instanceof Date)
      await body[Symbol.asyncIterator]().return?.()
      assert.equal(await textOf(store, 'a/b'), 'hello')
    },
  ],
  [
    'an empty object is an object',
    async store => {
      await store.put('empty', new Uint8Array())
      assert.equal((await store.head('empty'))?.size, 0)
      assert.equal((await contentOf(store, 'empty')).byteLength, 0)
    },
  ],
  [
    'a large object is whole, and so is each range of it',
    async store => {
      const content = patterned(large)
      await store.put('large', content)
      assert.ok((await contentOf(store, 'large')).equals(content))
      for (const [start, end] of [
        [0, 1],
        [1024 * 1024 - 1, 3 * 1024 * 1024 + 1],
        [large - 1, large],
        [7, 7],
      ] as const) {
        const part = await contentOf(store, 'large', { range: { start, end } })
        assert.ok(part.equals(content.subarray(start, end)), `bytes ${start} to ${end}`)
      }
      assert.ok((await contentOf(store, 'large', { range: { start: 4_000_000 } })).equals(content.subarray(4_000_000)))
    },
  ],
  [
    'a range of a small object is exactly that range, and one beyond it is an error',
    async store => {
      await store.put('small', bytes('0123456789'))
      assert.equal((await contentOf(store, 'small', { range: { start: 2, end: 5 } })).toString(), '234')
      assert.equal((await contentOf(store, 'small', { range: { start: 8 } })).toString(), '89')
      assert.equal((await contentOf(store, 'small', { range: { start: 10 } })).toString(), '')
      await rejectsWith('size-mismatch', store.get('small', { range: { start: 5, end: 11 } }))
      await rejectsWith('size-mismatch', store.get('small', { range: { start: 11 } }))
      await rejectsWith('bad-argument', store.get('small', { range: { start: -1 } }))
      await rejectsWith('bad-argument', store.get('small', { range: { start: 3, end: 2 } }))
    },
  ],
  [
    'a body of many small chunks is put whole, and its chunks may be changed later',
    async store => {
      const content = patterned(300_000)
      const scratch = new Uint8Array(1000)
      async function* chunks() {
        for (let at = 0; at < content.byteLength; at += 1000) {
          scratch.set(content.subarray(at, at + 1000))
          yield scratch
        }
      }
      await store.put('chunks', { open: chunks })
      assert.ok((await contentOf(store, 'chunks')).equals(content))
    },
  ],
  [
    'a put replaces an object',
    async store => {
      const first = await store.put('a', bytes('first'))
      const second = await store.put('a', bytes('second'))
      assert.equal(await textOf(store, 'a'), 'second')
      assert.notEqual(first.etag, second.etag)
    },
  ],
  [
    'a body that is being read stays of one version while the object is replaced',
    async store => {
      const content = patterned(large)
      await store.put('a', content)
      const { body } = await store.get('a')
      await store.put('a', bytes('other'))
      const chunks: Uint8Array[] = []
      for await (const chunk of body) chunks.push(chunk)
      assert.ok(Buffer.concat(chunks).equals(content))
    },
  ],
  [
    'readers of an object that is replaced see one version or the other, whole',
    async store => {
      const versions = ['a', 'b'].map(letter => Buffer.alloc(70_000, letter))
      await store.put('k', versions[0] ?? new Uint8Array())
      let writing = true
      const writer = (async () => {
        for (let i = 1; i <= 20; i++) await store.put('k', versions[i % 2] ?? new Uint8Array())
        writing = false
      })()
      while (writing) {
        const seen = await contentOf(store, 'k')
        assert.ok(versions.some(version => version.equals(seen)))
      }
      await writer
    },
  ],
  [
    'a body may be left early, or unread',
    async store => {
      await store.put('large', patterned(large))
      const { body } = await store.get('large')
      for await (const chunk of body) {
        assert.ok(chunk.byteLength > 0)
        break
      }
      const unread = await store.get('large')
      await unread.body[Symbol.asyncIterator]().return?.()
      await store.delete('large')
      assert.equal(await store.head('large'), undefined)
    },
  ],
  [
    'delete removes an object and no other, and an absent one is success',
    async store => {
      await store.put('a/b', bytes('1'))
      await store.put('a/c', bytes('2'))
      await store.put('a/b2', bytes('3'))
      await store.delete('a/b')
      await store.delete('a/b')
      await store.delete('a')
      assert.equal(await store.head('a/b'), undefined)
      assert.equal(await textOf(store, 'a/c'), '2')
      assert.equal(await textOf(store, 'a/b2'), '3')
    },
  ],
  [
    'a writer never fails because neighbours are deleted',
    async store => {
      for (let i = 0; i < 10; i++) {
        await Promise.all([
          store.put(`deep/er/${i}/a`, bytes('a')),
          store.put(`deep/er/${i}/b`, bytes('b'), { ifNoneMatch: '*' }).then(() => store.delete(`deep/er/${i}/b`)),
          store.delete(`deep/er/${i}/a0`),
        ])
        assert.equal(await textOf(store, `deep/er/${i}/a`), 'a')
        await store.delete(`deep/er/${i}/a`)
      }
    },
  ],
]
