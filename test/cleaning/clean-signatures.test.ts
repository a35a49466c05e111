import { expect, test } from 'vitest'
import { blobKey, readSignatures, writeSignatures } from '../../src/layout/index.ts'
import { storeWith } from '../../src/testing/store-with.ts'
import { bytes, day, hour, image, TestBucket } from './test-bucket.ts'

const [one, two, garbage] = [image('one'), image('two'), image('garbage')]
const signature = bytes('a signature')
const week = { keepTrashMs: 7 * day }

async function signedBucket(): Promise<TestBucket> {
  const bucket = new TestBucket()
  await bucket.push(one, 'app', 'one')
  await bucket.push(two, 'app', 'two')
  await bucket.storeBlobs(garbage)
  for (const { root } of [one, two, garbage]) await writeSignatures(bucket.store, root.digest, [signature], [])
  return bucket
}
const isSigned = async ({ store }: TestBucket, { root }: typeof one) =>
  (await readSignatures(store, root.digest)).size === 1

test('a signature stays as long as the manifest that it is of', async () => {
  const bucket = await signedBucket()
  bucket.now += day
  await bucket.clean('', week)
  expect(await isSigned(bucket, garbage)).toBe(true)
  bucket.now += 8 * day
  await bucket.clean('', { ...week, apply: false })
  expect(await isSigned(bucket, garbage)).toBe(true)
  await bucket.clean('', week)
  expect(await isSigned(bucket, garbage)).toBe(false)
  expect([await isSigned(bucket, one), await isSigned(bucket, two)]).toEqual([true, true])
})

test('that of a tag stays where its copy under blobs/ is gone, and one that is new stays', async () => {
  const bucket = await signedBucket()
  await bucket.store.delete(blobKey(one.root.digest))
  bucket.now += 2 * hour
  await writeSignatures(bucket.store, image('to come').root.digest, [signature], [])
  await bucket.clean()
  expect(await isSigned(bucket, one)).toBe(true)
  expect(await isSigned(bucket, image('to come'))).toBe(true)
})

test('who pushes the manifest while it is removed finds it', async () => {
  const bucket = await signedBucket()
  bucket.now += day
  await bucket.clean('', { tags: false })
  await writeSignatures(bucket.store, garbage.root.digest, [signature], [])
  bucket.now += day
  const store = storeWith(bucket.store, {
    async delete(key, options) {
      if (key.startsWith('lading/signatures/')) await bucket.storeBlobs(garbage)
      await bucket.store.delete(key, options)
    },
  })
  await bucket.clean('', {}, store)
  expect(await isSigned(bucket, garbage)).toBe(true)
})
