import { expect, test } from 'vitest'
import { LadingError } from '../../errors/index.ts'
import { blobKey, condemnBlobs, listCondemned } from '../../layout/index.ts'
import { type Digest, digestOf } from '../../model/digest.ts'
import { memoryStore, type ObjectStore } from '../../stores/index.ts'
import { BlobPage } from './blob-page.ts'
import { bucketDestination } from './destination.ts'

const content = (at: number) => new TextEncoder().encode(`blob ${at}`)
const digests = (count: number, from = 0): Digest[] =>
  Array.from({ length: count }, (_, at) => digestOf(content(from + at))).sort()

/** A store that holds blobs, and counts what is asked of it. */
async function storeOf(held: readonly Digest[], listing: ObjectStore['listing'] = 'by-prefix') {
  const store = memoryStore()
  for (const digest of held) await store.put(blobKey(digest), new Uint8Array(7))
  const asked = { listings: 0, heads: [] as string[] }
  const counting = new Proxy(store, {
    get(target, name) {
      if (name === 'listing') return listing
      if (name === 'list') {
        return (prefix: string) => {
          if (prefix.startsWith('blobs/')) asked.listings += 1
          return target.list(prefix)
        }
      }
      if (name === 'head') {
        return (key: string) => {
          asked.heads.push(key)
          return target.head(key)
        }
      }
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { store: counting, asked }
}

async function pageOf(store: ObjectStore): Promise<BlobPage> {
  const page = new BlobPage(store)
  for (const digest of digests(16, 5000)) expect(await page.find(digest)).toBeUndefined()
  return page
}

test('a few questions are worth no page, and all that follow are answered by one', async () => {
  const held = digests(100)
  const { store, asked } = await storeOf(held)
  const page = await pageOf(store)
  expect(asked.listings).toBe(0)
  const found = await Promise.all([...held, ...digests(50, 2000)].map(digest => page.find(digest)))
  expect(found.filter(blob => blob?.size === 7)).toHaveLength(100)
  expect(found.filter(blob => blob !== undefined && blob.size === undefined)).toHaveLength(50)
  expect(asked.listings).toBe(1)
})

test('of a large bucket a page answers for what it reaches', async () => {
  const held = digests(1500)
  const { store } = await storeOf(held)
  const page = await pageOf(store)
  expect(await page.find(held[999] as Digest)).toEqual({ size: 7 })
  expect(await page.find(held[1000] as Digest)).toBeUndefined()
})

test('a directory is not listed', async () => {
  const { store, asked } = await storeOf(digests(10), 'whole-folder')
  const page = await pageOf(store)
  expect(await page.find(digests(1)[0] as Digest)).toBeUndefined()
  expect(asked.listings).toBe(0)
})

test('a page that cannot be had answers nothing', async () => {
  const { store } = await storeOf(digests(10))
  const refusing: ObjectStore = Object.assign(Object.create(store), {
    list: () => {
      throw new LadingError('denied', 'no listing here')
    },
  })
  expect(await (await pageOf(refusing)).find(digests(1)[0] as Digest)).toBeUndefined()
})

test('a blob that may be condemned is lifted out of its record and then looked for, whatever the page says', async () => {
  const held = digests(40)
  const condemned = held.slice(20, 22)
  const { store, asked } = await storeOf(held)
  await condemnBlobs(store, new Map(condemned.map(digest => [digest, 7])))
  await using destination = bucketDestination(store, { name: 'memory://app', image: 'app', tag: 'v1' })
  destination.begin?.()
  const has = (digest: Digest) => destination.has({ kind: 'layer', mediaType: 'x', digest, size: 7 })
  for (const digest of held.slice(0, 20)) expect(await has(digest)).toBe(true)
  expect(asked.listings).toBe(1)
  asked.heads.length = 0
  for (const digest of held.slice(20)) expect(await has(digest)).toBe(true)
  expect(asked.heads).toEqual(condemned.map(blobKey))
  // the record is empty, and so it is gone
  expect(await Array.fromAsync(listCondemned(store))).toEqual([])
})
