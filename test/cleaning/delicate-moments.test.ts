import { beforeEach, expect, test } from 'vitest'
import { LadingError } from '../../src/errors/index.ts'
import type { LeaseClock } from '../../src/layout/index.ts'
import type { ObjectStore } from '../../src/stores/index.ts'
import { bytesOf } from '../../src/streams/index.ts'
import type { BuiltImage } from '../../src/testing/build-image.ts'
import { storeWith } from '../../src/testing/store-with.ts'
import { bucketDestination } from '../../src/transports/bucket/destination.ts'
import { bytes, day, hour, image, removedTags, TestBucket } from './test-bucket.ts'

// Moments that the interleavings meet too rarely.

let bucket: TestBucket

beforeEach(() => {
  bucket = new TestBucket()
})

const leases = 'lading/leases/'

/** Finds everything there, as a copy does. */
async function countOn(destination: ReturnType<typeof bucketDestination>, { root, blobs }: BuiltImage): Promise<void> {
  for (const [digest, content] of blobs) {
    expect(await destination.has({ ...root, digest, size: content.byteLength })).toBe(true)
  }
}

function commit(destination: ReturnType<typeof bucketDestination>, { root, blobs }: BuiltImage) {
  return destination.commit(root, blobs.get(root.digest) ?? bytes(''), { force: false, imageBytes: 1 })
}

/** Calls back when the listing of a prefix has ended for the `turn`th time. */
function afterListing(store: ObjectStore, wanted: string, turn: number, act: () => Promise<void>): ObjectStore {
  let turns = 0
  return storeWith(store, {
    async *list(prefix, options) {
      yield* store.list(prefix, options)
      if (prefix !== wanted) return
      turns += 1
      if (turns === turn) await act()
    },
  })
}

test('what another clean condemns again after a push has lifted it is not deleted by one that did not see the push', async () => {
  const old = image('old')
  await bucket.storeBlobs(old)
  bucket.now += day
  const destination = bucketDestination(bucket.store, { name: 'push', image: 'app', tag: '1' })
  const store = afterListing(bucket.store, leases, 2, async () => {
    destination.begin?.()
    await countOn(destination, old)
    await bucket.clean('', { keepTrashMs: 7 * day })
  })
  await bucket.clean('', {}, store)
  await commit(destination, old)
  expect(await bucket.holds(old)).toBe(true)
  await destination[Symbol.asyncDispose]()
})

test('a push that slept until its lease had expired looks again, also where it has renewed the lease meanwhile', async () => {
  const old = image('old')
  await bucket.storeBlobs(old)
  bucket.now += day
  const renewals: (() => void)[] = []
  const clock: LeaseClock = {
    stopwatch: () => {
      const since = bucket.now
      return () => bucket.now - since
    },
    wait: (_, signal) =>
      new Promise((resolve, reject) => {
        renewals.push(resolve)
        signal?.addEventListener('abort', () => reject(signal.reason))
      }),
  }
  const destination = bucketDestination(bucket.store, { name: 'push', image: 'app', tag: '1' }, clock)
  destination.begin?.()
  await countOn(destination, old)
  bucket.now += 2 * hour
  await bucket.clean()
  expect(await bucket.holds(old)).toBe(false)
  const before = renewals.length
  renewals.shift()?.()
  await expect.poll(() => renewals.length).toBe(before)
  await expect(commit(destination, old)).rejects.toMatchObject({ code: 'blob-not-found' })
  await destination[Symbol.asyncDispose]()
})

test.each(['v1+5', 'x'.repeat(129)])('a root that can be no tag, as %s, keeps what it needs', async tag => {
  const one = image('one')
  await bucket.storeBlobs(one)
  const root = one.blobs.get(one.root.digest) ?? bytes('')
  await bucket.store.put(`manifests/app/${tag}/manifest.json`, root)
  bucket.now += day
  expect((await bucket.clean()).blobs).toMatchObject({ removed: { count: 0 }, stored: { count: 3 } })
  expect(await bucket.holds(one)).toBe(true)
})

test('a root that can be no tag and cannot be understood lets no blob go', async () => {
  await bucket.storeBlobs(image('one'))
  await bucket.store.put('manifests/app/v1+5/manifest.json', bytes('what is this?'))
  bucket.now += day
  await expect(bucket.clean()).rejects.toMatchObject({
    code: 'bad-layout',
    message: expect.stringContaining('needs: its manifest'),
    subject: 'manifests/app/v1+5/manifest.json',
  })
})

test('who may push and not delete lifts the last blob of a record all the same', async () => {
  const old = image('old')
  await bucket.storeBlobs(old)
  bucket.now += day
  await bucket.clean('', { keepTrashMs: 7 * day })
  const store = storeWith(bucket.store, {
    delete: () => Promise.reject(new LadingError('denied', 'no s3:DeleteObject')),
  })
  const destination = bucketDestination(store, { name: 'push', image: 'app', tag: '1' })
  destination.begin?.()
  await countOn(destination, old)
  await commit(destination, old)
  await destination[Symbol.asyncDispose]()
  bucket.now += 8 * day
  await bucket.clean('', { keepTrashMs: 7 * day })
  expect(await bucket.holds(old)).toBe(true)
  expect((await bucket.keys()).filter(key => key.startsWith('lading/'))).toEqual([])
})

test.each([true, false])('who may not list uploads cleans all the rest, and is told (confirmed: %s)', async apply => {
  await bucket.storeBlobs(image('old'))
  bucket.now += day
  const store = storeWith(bucket.store, {
    // biome-ignore lint/correctness/useYield: it is refused before anything is listed
    async *unfinished() {
      throw new LadingError('denied', 'the permission s3:ListBucketMultipartUploads is missing')
    },
  })
  const { blobs, leftovers } = await bucket.clean('', { apply }, store)
  expect(blobs?.removed.count).toBe(3)
  expect(leftovers).toEqual({
    uploads: { count: 0, bytes: 0 },
    uploadsRefused: 'the permission s3:ListBucketMultipartUploads is missing',
    leases: 0,
    trashedTags: 0,
  })
})

test('a signature stays whose image is given another tag before the one that goes is deleted', async () => {
  const [one, signature] = [image('one'), image('signature')]
  await bucket.push(one, 'app', 'old')
  await bucket.push(signature, 'app', `${one.root.digest.replace(':', '-')}.sig`)
  bucket.now += 2 * day
  const store = storeWith(bucket.store, {
    async delete(key, options) {
      if (key === 'manifests/app/old/manifest.json') await bucket.push(one, 'app', 'stable')
      await bucket.store.delete(key, options)
    },
  })
  const config = 'default: { keep_history: 0, lifecycle: { max_age: 1d } }'
  expect(removedTags(await bucket.clean(config, {}, store))).toEqual(['app:old'])
  expect(await bucket.holds(one)).toBe(true)
  expect(await bucket.holds(signature)).toBe(true)
  expect(await bucket.keys()).toContain(`manifests/app/${one.root.digest.replace(':', '-')}.sig/manifest.json`)
})

test('a deletion that is under way when the machine falls asleep is not repeated when it wakes up', async () => {
  const old = image('old')
  await bucket.storeBlobs(old)
  bucket.now += day
  let passed = 0
  const store = storeWith(bucket.store, {
    async *deleteMany(_, { signal } = {}) {
      passed = hour
      await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    },
  })
  const clock: LeaseClock = { stopwatch: () => () => passed, wait: () => Promise.resolve() }
  await expect(bucket.clean('', { clock }, store)).rejects.toMatchObject({ code: 'timeout' })
})

test('a push that slept does not miss what it looked for and never found', async () => {
  const one = image('one')
  let passed = 0
  const clock: LeaseClock = {
    stopwatch: () => () => passed,
    wait: (_, signal) => new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
  }
  await using destination = bucketDestination(bucket.store, { name: 'push', image: 'app', tag: '1' }, clock)
  destination.begin?.()
  const absent = image('absent')
  expect(await destination.has(absent.root)).toBe(false)
  expect(await destination.manifest?.(absent.root)).toBeUndefined()
  for (const [digest, content] of one.blobs) {
    const node = { ...one.root, digest, size: content.byteLength }
    expect(await destination.has(node)).toBe(false)
    await destination.push(node, bytesOf(content))
  }
  passed = hour
  expect(await commit(destination, one)).toMatchObject({ changed: true })
})
