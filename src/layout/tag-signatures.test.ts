import { expect, test } from 'vitest'
import { limits } from '../model/limits.ts'
import { memoryStore } from '../stores/index.ts'
import { readTagSignatures } from './tag-signatures.ts'

const folder = 'manifests/team/app/v1/signatures/'
const put = (keys: Record<string, number>) => {
  const store = memoryStore()
  return Promise.all(Object.entries(keys).map(([key, size]) => store.put(key, new Uint8Array(size)))).then(() => store)
}
const read = async (store: ReturnType<typeof memoryStore>) =>
  await Array.fromAsync(readTagSignatures(store, 'team/app', 'v1'), ({ name, bytes }) => [name, bytes?.byteLength])

test('those of the tag are read, and nothing else', async () => {
  const store = await put({
    [`${folder}b.json`]: 2,
    [`${folder}a.json`]: 1,
    [`${folder}a.txt`]: 1,
    [`${folder}below/a.json`]: 1,
    'manifests/team/app/v10/signatures/a.json': 1,
    'manifests/team/app/v1/manifest.json': 1,
  })
  expect(await read(store)).toEqual([
    ['a.json', 1],
    ['b.json', 2],
  ])
})

test('one that is too large is there, and is not read', async () => {
  const { tagSignatureBytes: limit } = limits
  const store = await put({ [`${folder}a.json`]: limit, [`${folder}b.json`]: limit + 1 })
  expect(await read(store)).toEqual([
    ['a.json', limit],
    ['b.json', undefined],
  ])
})

test('there may be so many', async () => {
  const names = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`${folder}${at}.json`, 1]))
  expect(await read(await put(names(limits.tagSignatures)))).toHaveLength(limits.tagSignatures)
  await expect(read(await put(names(limits.tagSignatures + 1)))).rejects.toMatchObject({ code: 'too-large' })
})
