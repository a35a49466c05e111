import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { openS3 } from '../../../test/stores/s3-place.ts'
import { type FakeS3, startFakeS3 } from '../../testing/fake-s3.ts'
import { type HttpTestClient, openHttpTestClient } from '../../testing/http-test-client.ts'
import { bytes } from '../../testing/object-store/store-contents.ts'
import type { ObjectOrigin, ObjectStore } from '../index.ts'

const cache = await mkdtemp(join(tmpdir(), 'lading-s3-'))
afterAll(() => rm(cache, { recursive: true }))

let s3: FakeS3
let client: HttpTestClient
beforeEach(async () => {
  s3 = await startFakeS3()
  s3.bucket('near')
  s3.bucket('far')
  client = openHttpTestClient()
})
afterEach(async () => {
  await client[Symbol.asyncDispose]()
  await s3.stop()
})

const open = async (root: string) => (await openS3(s3, { root, http: client.http, cache })).store
const originIn = (store: ObjectStore, key: string): ObjectOrigin => store.origin?.(key) ?? expect.unreachable()

test('many objects are copied at once from a bucket in another region', async () => {
  s3.quirks.otherRegions = { near: 'eu-west-3', far: 'ap-south-1' }
  const [far, near] = [await open('far'), await open('near/team')]
  const keys = Array.from({ length: 10 }, (_, index) => `k${index}`)
  for (const key of keys) await far.put(key, bytes(key))
  await near.head('k0')
  const copied = await Promise.all(keys.map(key => near.copyFrom?.(originIn(far, key), key, { size: 2 })))
  expect(copied).toEqual(keys.map(key => expect.objectContaining({ key, size: 2 })))
  s3.requests.length = 0
  await near.copyFrom?.(originIn(far, 'k0'), 'again', { size: 2 })
  expect(s3.requests.map(({ status }) => status)).toEqual([200, 200, 200])
})

test.each([
  ['absent', 'gone', 1, 'blob-not-found'],
  ['of another size', 'k', 2, 'size-mismatch'],
])('a source that is %s is named, and not the target', async (_, key, size, code) => {
  const [far, near] = [await open('far/team'), await open('near')]
  await far.put('k', bytes('x'))
  const copying = near.copyFrom?.(originIn(far, key), 'to', { size })
  await expect(copying).rejects.toMatchObject({ code, side: 'source', subject: `s3://far/team/${key}` })
  expect(s3.bucket('near').objects.size).toBe(0)
})
