import { describe, expect, test } from 'vitest'
import { objectStoreSuite } from '../../testing/object-store-suite.ts'
import { memoryStore } from './memory-store.ts'

objectStoreSuite({ describe, test }, { name: 'memory', open: async () => memoryStore() })

test('the clock of a memory store can be set', async () => {
  const now = new Date('2026-04-13T13:22:09Z')
  const store = memoryStore({ now: () => now })
  expect((await store.put('a', new Uint8Array())).modified).toEqual(now)
})
