import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openS3, sdkClient } from '../../../test/stores/s3-place.ts'
import { digestOf } from '../../model/digest.ts'
import { type FakeS3, startFakeS3 } from '../../testing/fake-s3.ts'
import { type HttpTestClient, openHttpTestClient } from '../../testing/http-test-client.ts'
import { bytes, listed } from '../../testing/object-store/store-contents.ts'
import type { ObjectStore } from '../index.ts'

const cache = await mkdtemp(join(tmpdir(), 'lading-s3-'))
afterAll(() => rm(cache, { recursive: true }))

let s3: FakeS3
let client: HttpTestClient
let store: ObjectStore
beforeEach(async () => {
  s3 = await startFakeS3()
  s3.bucket('b')
  client = openHttpTestClient()
  store = (await openS3(s3, { root: 'b/team', http: client.http, cache })).store
})
afterEach(async () => {
  await client[Symbol.asyncDispose]()
  await s3.stop()
})

const absent = (count: number) => Array.from({ length: count }, (_, i) => `absent/${i}`)
const asked = () => s3.requests.map(({ method, path }) => `${method} ${path.replace(/^\/b\//, '')}`)
const deleteAll = (keys: readonly string[]) => Array.fromAsync(store.deleteMany(keys))

describe('many deletions', () => {
  test('go a thousand in a request, guarded by an MD5', async () => {
    const sent = await deleteAll(absent(2500))
    expect(sent).toHaveLength(2500)
    expect(s3.requests.map(({ method, status }) => `${method} ${status}`)).toEqual(Array(3).fill('POST 200'))
    const names = Object.keys(s3.requests[0]?.headers ?? {})
    expect(names).toContain('content-md5')
    expect(names.filter(name => /checksum/.test(name))).toEqual([])
  })

  test('go one by one where the server has no such request, which is tried once', async () => {
    s3.quirks.manyDeletions = 'unknown'
    for (const key of ['a', 'b', 'c']) await store.put(key, bytes('x'))
    s3.requests.length = 0
    expect(await deleteAll(['a', 'absent', 'b'])).toEqual([{ key: 'a' }, { key: 'absent' }, { key: 'b' }])
    expect(await deleteAll(['c'])).toEqual([{ key: 'c' }])
    expect(asked().filter(line => line.startsWith('POST'))).toHaveLength(1)
    expect(await listed(store, '')).toEqual([])
  })

  test('say of each key why it is still there, after the rest was tried', async () => {
    for (const key of ['held', 'slow', 'z']) await store.put(key, bytes('x'))
    s3.quirks.keyErrors.set('team/held', { code: 'AccessDenied', times: 1 })
    s3.quirks.keyErrors.set('team/slow', { code: 'SlowDown', times: 1 })
    const [held, ...others] = await deleteAll(['held', 'slow', 'z'])
    expect(held?.error).toMatchObject({
      code: 'denied',
      message: 'access is denied',
      hint: 'the identity needs s3:DeleteObject on arn:aws:s3:::b/team/*',
      operation: 'delete object',
      subject: 's3://b/team//held',
    })
    expect(others).toEqual([{ key: 'slow' }, { key: 'z' }])
    expect(await listed(store, '')).toEqual(['held'])
  })

  test('fail at once where there is no bucket', async () => {
    const { store: lost } = await openS3(s3, { root: 'no-such', http: client.http, cache })
    await expect(Array.fromAsync(lost.deleteMany(absent(3)))).rejects.toMatchObject({ code: 'bucket-not-found' })
    s3.quirks.manyDeletions = 'unknown'
    await expect(Array.fromAsync(lost.deleteMany(absent(3)))).rejects.toMatchObject({ code: 'bucket-not-found' })
  })
})

describe('unfinished uploads', () => {
  const unfinished = () => Array.fromAsync(store.unfinished?.() ?? [])

  test('are listed below the prefix, page by page, with when they began and what they hold', async () => {
    s3.quirks.uploadsPerPage = 2
    s3.quirks.clockMilliseconds = -600_000
    const sdk = sdkClient(s3)
    const begin = async (Key: string) => (await sdk.createMultipartUpload({ Bucket: 'b', Key })).UploadId
    for (const Key of ['team/a', 'team/a', 'team/a', 'other/a', 'teams/a']) await begin(Key)
    const UploadId = await begin('team/b')
    for (const [i, size] of [5, 7].entries())
      await sdk.uploadPart({ Bucket: 'b', Key: 'team/b', UploadId, PartNumber: i + 1, Body: Buffer.alloc(size) })
    const found = await unfinished()
    expect(found.map(({ key }) => key)).toEqual(['a', 'a', 'a', 'b'])
    expect(await found[3]?.size()).toBe(12)
    expect(found[3]?.started?.getTime()).toBeLessThan(Date.now() - 500_000)
    for (const upload of found) await upload.remove?.()
    expect([...s3.bucket('b').uploads.values()].map(({ key }) => key)).toEqual(['other/a', 'teams/a'])
  })

  test('that are gone meanwhile are removed, and hold nothing', async () => {
    await sdkClient(s3).createMultipartUpload({ Bucket: 'b', Key: 'team/a' })
    const [upload] = await unfinished()
    await upload?.remove?.()
    await upload?.remove?.()
    expect(await upload?.size()).toBeUndefined()
  })

  test('of who may not list them are an error that names the permission', async () => {
    s3.quirks.denied = ['s3:ListBucketMultipartUploads']
    await expect(unfinished()).rejects.toMatchObject({
      code: 'denied',
      hint: 'the identity needs s3:ListBucketMultipartUploads on arn:aws:s3:::b',
    })
    s3.quirks.denied = ['s3:AbortMultipartUpload']
    await sdkClient(s3).createMultipartUpload({ Bucket: 'b', Key: 'team/a' })
    const [upload] = await unfinished()
    await expect(upload?.remove?.()).rejects.toMatchObject({ code: 'denied', subject: 's3://b/team//a' })
  })
})

describe('what stays of deleted objects', () => {
  test.each([
    ['nothing', undefined, undefined, { versions: 'off', lockedDays: 0 }],
    ['versions', 'Enabled', undefined, { versions: 'on', lockedDays: 0 }],
    ['older versions', 'Suspended', undefined, { versions: 'suspended', lockedDays: 0 }],
    ['what is locked for days', 'Enabled', { Days: 30 }, { versions: 'on', lockedDays: 30 }],
    ['what is locked for years', 'Enabled', { Years: 2 }, { versions: 'on', lockedDays: 730 }],
  ] as const)('is %s', async (_, versioning, lock, expected) => {
    Object.assign(s3.bucket('b'), { versioning, lock })
    expect(await store.retention?.()).toEqual({ ...expected, softDeleteDays: 0 })
  })

  test('is not known to who may not ask', async () => {
    s3.quirks.denied = ['s3:GetBucketVersioning', 's3:GetBucketObjectLockConfiguration']
    expect(await store.retention?.()).toEqual({ versions: undefined, lockedDays: undefined, softDeleteDays: 0 })
  })
})

test('times are those of the server', async () => {
  s3.quirks.clockMilliseconds = -600_000
  const put = await store.put('a', bytes('x'))
  const head = await store.head('a')
  for (const time of [put.modified, head?.modified]) expect(time?.getTime()).toBeLessThan(Date.now() - 500_000)
})

test('classes are told by lists and heads, also the one that the server leaves out', async () => {
  await store.put('blob', bytes('x'), { content: digestOf(bytes('x')) })
  await store.put('tag', bytes('x'))
  const classes = await Array.fromAsync(store.list(''), entry =>
    entry.kind === 'object' ? entry.info.storageClass : undefined,
  )
  expect(classes).toEqual(['INTELLIGENT_TIERING', 'STANDARD'])
  expect((await store.head('blob'))?.storageClass).toBe('INTELLIGENT_TIERING')
  expect((await store.head('tag'))?.storageClass).toBe('STANDARD')
})

test('an object of an upload that was gone on with is as old as that upload', async () => {
  const content = new Uint8Array(12 * 1024 * 1024)
  s3.quirks.clockMilliseconds = -600_000
  await sdkClient(s3).createMultipartUpload({ Bucket: 'b', Key: 'team/blob' })
  s3.quirks.clockMilliseconds = 0
  const { modified } = await store.put('blob', content, { content: digestOf(content) })
  expect(modified.getTime()).toBeLessThan(Date.now() - 500_000)
  expect((await store.head('blob'))?.modified).toEqual(modified)
})
