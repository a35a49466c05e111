import assert from 'node:assert/strict'
import { digestOf } from '../../model/digest.ts'
import { type ObjectStore, putDraft } from '../../stores/index.ts'
import { type ByteStream, createDraft } from '../../streams/index.ts'
import type { ContractCase } from '../contract.ts'
import { bytes, contentOf, listed, patterned, rejectsWith, textOf } from './store-contents.ts'

const keyOf = (digest: string) => `blobs/${digest.replace(':', '/')}`

/** Larger than what waits in memory for its digest, and no whole number of anybody's parts. */
const large = patterned(20 * 1024 * 1024 + 7)

async function* oddChunks(content: Uint8Array): ByteStream & AsyncGenerator<Uint8Array> {
  let at = 0
  for (let size = 1; at < content.byteLength; size = (size * 7) % 199_999) {
    yield content.subarray(at, at + size)
    at += size
  }
}

export const draftCases: readonly ContractCase<ObjectStore>[] = [
  [
    'a body of unknown size is stored though it comes once',
    async store => {
      const stream = oddChunks(large)
      let opened = 0
      const open = () => {
        opened += 1
        return stream
      }
      assert.equal((await store.put('a/b', { open })).size, large.byteLength)
      assert.equal(opened, 1)
      assert.ok((await contentOf(store, 'a/b')).equals(large))
    },
  ],
  [
    'a draft is stored under the key of its digest, and nothing else stays',
    async store => {
      for (const content of [bytes(''), bytes('hello'), large]) {
        await putDraft(store, createDraft(oddChunks(content)), keyOf)
        assert.ok((await contentOf(store, keyOf(digestOf(content)))).equals(content))
      }
      assert.deepEqual(await listed(store, 'lading/'), [])
      assert.equal((await listed(store, '')).length, 3)
    },
  ],
  [
    'a draft that is there already is dropped, and one that is there broken is replaced',
    async store => {
      const key = keyOf(digestOf(large))
      await store.put(key, bytes('broken'))
      await putDraft(store, createDraft(oddChunks(large)), keyOf)
      await putDraft(store, createDraft(oddChunks(large)), keyOf)
      assert.ok((await contentOf(store, key)).equals(large))
      assert.deepEqual(await listed(store, ''), [key])
    },
  ],
  [
    'a draft whose bytes throw leaves nothing, and its own error comes out',
    async store => {
      const failure = new Error('the source is gone')
      for (const after of [5, large.byteLength]) {
        const failing = async function* () {
          yield* oddChunks(large.subarray(0, after))
          throw failure
        }
        await assert.rejects(putDraft(store, createDraft(failing()), keyOf), error => error === failure)
      }
      assert.deepEqual(await listed(store, ''), [])
    },
  ],
  [
    'an aborted draft leaves nothing',
    async store => {
      for (const before of [5, 15_000_000]) {
        const controller = new AbortController()
        const reason = new Error('enough')
        const aborting = async function* () {
          yield* oddChunks(large.subarray(0, before))
          controller.abort(reason)
          yield* oddChunks(large.subarray(before))
        }
        const draft = createDraft(aborting())
        await assert.rejects(putDraft(store, draft, keyOf, controller.signal), error => error === reason)
      }
      assert.deepEqual(await listed(store, ''), [])
    },
  ],
  [
    'a store that can renames an object, and refuses an absent one and one of another size',
    async store => {
      if (store.rename === undefined) return
      await store.put('from/a', bytes('hello'))
      await store.put('to/a', bytes('old'))
      await rejectsWith('size-mismatch', store.rename('from/a', 'to/a', { size: 6 }))
      await rejectsWith('blob-not-found', store.rename('from/b', 'to/a', { size: 3 }))
      await rejectsWith('bad-argument', store.rename('from/a', '../a', { size: 5 }))
      assert.equal(await textOf(store, 'to/a'), 'old')
      await store.rename('from/a', 'to/a', { size: 5 })
      assert.equal(await textOf(store, 'to/a'), 'hello')
      assert.deepEqual(await listed(store, ''), ['to/a'])
      await store.rename('to/a', 'elsewhere', { size: 5 })
      assert.deepEqual(await listed(store, ''), ['elsewhere'])
    },
  ],
]
