import assert from 'node:assert/strict'
import type { ObjectStore } from '../../stores/index.ts'
import type { Bytes } from '../../streams/index.ts'
import type { ContractCase } from '../contract.ts'
import { bytes, listed, patterned, rejectsWith, textOf } from './store-contents.ts'

/** A body that yields some bytes and then does `then`. */
function bodyThat(content: Uint8Array, then: () => void, size?: number): Bytes {
  return {
    ...(size === undefined ? {} : { size }),
    async *open() {
      yield content
      then()
    },
  }
}

export const failureCases: readonly ContractCase<ObjectStore>[] = [
  [
    'where a body throws, its own error comes out and the key is as it was',
    async store => {
      // A code that a file system could have given: it must not be taken for one.
      const failure = Object.assign(new Error('the source is gone'), { code: 'ENOENT' })
      const failing = bodyThat(patterned(2_000_000), () => {
        throw failure
      })
      await store.put('old', bytes('old'))
      await assert.rejects(store.put('old', failing), error => error === failure)
      await assert.rejects(store.put('dir/new', failing), error => error === failure)
      await assert.rejects(store.put('dir/new', failing, { ifNoneMatch: '*' }), error => error === failure)
      assert.equal(await textOf(store, 'old'), 'old')
      assert.deepEqual(await listed(store, ''), ['old'])
    },
  ],
  [
    'a body that has not the size it declares is not stored',
    async store => {
      await store.put('old', bytes('old'))
      const none = () => {}
      await rejectsWith('size-mismatch', store.put('old', bodyThat(bytes('12345'), none, 6)))
      await rejectsWith('size-mismatch', store.put('old', bodyThat(bytes('12345'), none, 4)))
      await rejectsWith('size-mismatch', store.put('new', bodyThat(bytes(''), none, 1)))
      assert.equal(await textOf(store, 'old'), 'old')
      assert.deepEqual(await listed(store, ''), ['old'])
    },
  ],
  [
    'an abort in the middle of a put is thrown, and nothing is stored',
    async store => {
      const controller = new AbortController()
      const reason = new Error('enough')
      const body: Bytes = {
        async *open() {
          yield patterned(1_500_000)
          controller.abort(reason)
          yield patterned(1_500_000)
        },
      }
      await assert.rejects(store.put('k', body, { signal: controller.signal }), error => error === reason)
      assert.deepEqual(await listed(store, ''), [])
    },
  ],
  [
    'nothing is done under a signal that is aborted already',
    async store => {
      const reason = new Error('enough')
      const signal = AbortSignal.abort(reason)
      await store.put('k', bytes('x'))
      const isReason = (error: unknown) => error === reason
      await assert.rejects(store.put('k', bytes('y'), { signal }), isReason)
      await assert.rejects(store.head('k', { signal }), isReason)
      await assert.rejects(store.get('k', { signal }), isReason)
      await assert.rejects(store.delete('k', { signal }), isReason)
      await assert.rejects(listed(store, '', { signal }), isReason)
      assert.equal(await textOf(store, 'k'), 'x')
    },
  ],
  [
    'an abort stops a body that is being read',
    async store => {
      await store.put('k', patterned(6_000_000))
      const controller = new AbortController()
      const reason = new Error('enough')
      const { body } = await store.get('k', { signal: controller.signal })
      await assert.rejects(
        (async () => {
          for await (const _ of body) controller.abort(reason)
        })(),
        error => error === reason,
      )
    },
  ],
  [
    'an error names the operation and the object',
    async store => {
      await assert.rejects(store.get('a/b'), { operation: 'read object', subject: `${store.name}//a/b` })
    },
  ],
]
