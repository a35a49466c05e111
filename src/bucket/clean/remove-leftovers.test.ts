import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openS3, sdkClient } from '../../../test/stores/s3-place.ts'
import { startFakeS3 } from '../../testing/fake-s3.ts'
import { openHttpTestClient } from '../../testing/http-test-client.ts'
import { removeLeftovers } from './remove-leftovers.ts'

const cache = await mkdtemp(join(tmpdir(), 'lading-leftovers-'))
afterAll(() => rm(cache, { recursive: true }))

// s3lo's policies give none of these.
test.each([
  ['s3:ListBucketMultipartUploads', 0],
  ['s3:AbortMultipartUpload', 0],
  ['s3:ListMultipartUploadParts', 1],
])('without %s the rest is done', async (permission, count) => {
  const s3 = await startFakeS3()
  s3.bucket('b')
  await using client = openHttpTestClient()
  const { store } = await openS3(s3, { root: 'b/team', http: client.http, cache })
  await sdkClient(s3).createMultipartUpload({ Bucket: 'b', Key: 'team/blobs/sha256/x' })
  await store.put('lading/uploads/draft', new Uint8Array(5))
  s3.quirks.denied = [permission]
  const options = { keepTrashMs: 1, leases: { living: 0, expired: [] }, apply: true }
  const left = await removeLeftovers(store, { now: new Date(Date.now() + 2 * 24 * 3_600_000), ...options })
  const refused = { uploadsRefused: expect.stringContaining(permission) }
  expect(left).toEqual({
    uploads: { count: 1 + count, bytes: 5 },
    ...(count === 0 ? refused : {}),
    leases: 0,
    trashedTags: 0,
  })
  expect(await Array.fromAsync(store.list(''))).toEqual([])
  await s3.stop()
})
