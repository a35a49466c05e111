import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { memoryStore } from '../stores/index.ts'
import { listBlobs } from './list-blobs.ts'

const hex = (i: number) => createHash('sha256').update(String(i)).digest('hex')

test.each([0, 1, 1999, 2000, 2001, 5000, 45_000])('lists %d blobs in the order of their digests, each once', async count => {
  const store = memoryStore()
  const digests = Array.from({ length: count }, (_, i) => `sha256:${hex(i)}`).sort()
  for (const digest of digests) await store.put(`blobs/sha256/${digest.slice(7)}`, new Uint8Array())
  const long = `sha512:${hex(1)}${hex(2)}`
  await store.put(`blobs/sha512/${long.slice(7)}`, new Uint8Array())
  for (const foreign of [
    'blobs/sha256/x',
    `blobs/sha256/${hex(0)}/x`,
    'blobs/sha256/0/a',
    `blobs/sha256/ff${hex(0)}`,
  ]) {
    await store.put(foreign, new Uint8Array())
  }
  const listed = await Array.fromAsync(listBlobs(store), ({ digest }) => digest)
  expect(listed).toEqual([...digests, long])
})
