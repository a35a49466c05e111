import assert from 'node:assert/strict'
import type { ObjectStore } from '../../stores/index.ts'
import type { ContractCase } from '../contract.ts'
import { bytes, listed, rejectsWith, textOf } from './store-contents.ts'

const odd = [
  'a space',
  'a+b&c=d',
  'a%41',
  'aA',
  'a#b?c*d',
  `quote'"<>|`,
  'ünïcödé/日本語',
  'e\u0301/decomposed',
  '😀/！',
  '.hidden/.x',
  '...',
  '-rf',
  `${'long/'.repeat(150)}${'x'.repeat(200)}`,
]

const refused = [
  '',
  '/',
  '/a',
  'a/',
  'a//b',
  '.',
  '..',
  './a',
  'a/..',
  'a/../b',
  'a/./b',
  'a\\b',
  '..\\a',
  'a\u0000b',
  'a\nb',
  'a\u007fb',
  'a\u0085b',
  '\ud800',
  'x'.repeat(1025),
  'é'.repeat(513),
  'lading/tmp/x',
  'lading/locks/x',
  'lading/tmp',
]

export const keyCases: readonly ContractCase<ObjectStore>[] = [
  [
    'odd keys are kept apart and come back as they are',
    async store => {
      for (const key of odd) await store.put(key, bytes(`content of ${key}`))
      for (const key of odd) assert.equal(await textOf(store, key), `content of ${key}`)
      assert.deepEqual((await listed(store, '')).toSorted(), odd.toSorted())
      for (const key of odd) await store.delete(key)
      assert.deepEqual(await listed(store, ''), [])
    },
  ],
  [
    'a key that could leave the root, or that belongs to the store itself, is refused by every operation',
    async store => {
      for (const key of refused) {
        await rejectsWith('bad-argument', store.put(key, bytes('x')))
        await rejectsWith('bad-argument', store.get(key))
        await rejectsWith('bad-argument', store.head(key))
        await rejectsWith('bad-argument', store.delete(key))
      }
      for (const prefix of ['../', 'a/../', '../a', '/', 'a//', 'a\\', 'lading/tmp/']) {
        await rejectsWith('bad-argument', listed(store, prefix))
      }
    },
  ],
]
