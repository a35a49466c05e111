import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FakeGcs, startFakeGcs } from '../../testing/fake-gcs.ts'
import { type HttpTestClient, openHttpTestClient } from '../../testing/http-test-client.ts'
import { bytes } from '../../testing/object-store/store-contents.ts'
import { openFakeGcsStore } from '../../testing/open-fake-gcs-store.ts'
import type { ObjectStore } from '../index.ts'
import { anonymous } from './credentials.ts'

const time = Date.UTC(2026, 0, 1)
let gcs: FakeGcs
let client: HttpTestClient
let store: ObjectStore
beforeEach(async () => {
  gcs = await startFakeGcs({ now: () => time })
  client = openHttpTestClient()
  const credentials = { ...anonymous(), principal: 'tester' }
  store = openFakeGcsStore(gcs.url, client.http, { prefix: 'team/', credentials })
})
afterEach(async () => {
  await client[Symbol.asyncDispose]()
  await gcs[Symbol.asyncDispose]()
})

describe('unfinished uploads', () => {
  const unfinished = () => Array.fromAsync(store.unfinished?.() ?? [])
  const begin = (name: string) => gcs.bucket('bucket').startMultipart({ name })

  test('are listed below the prefix, page by page, with when they began', async () => {
    for (let i = 0; i < 1001; i++) begin(`team/${i % 3}`)
    begin('teams/a')
    const found = await unfinished()
    expect(found).toHaveLength(1001)
    expect(new Set(found.map(({ key }) => key))).toEqual(new Set(['0', '1', '2']))
    expect(found[0]?.started).toEqual(new Date(time))
    expect(gcs.requests).toHaveLength(2)
  })

  test('say what they hold, and are removed', async () => {
    const { parts } = begin('team/a')
    for (const [i, size] of [5, 7].entries())
      parts.set(i + 1, { content: Buffer.alloc(size), etag: 'x', modified: new Date(time) })
    const [upload] = await unfinished()
    expect(await upload?.size()).toBe(12)
    await upload?.remove?.()
    await upload?.remove?.()
    expect(await upload?.size()).toBeUndefined()
    expect(await unfinished()).toEqual([])
  })

  test('of who may not list or remove them are an error that names the permission', async () => {
    begin('team/a')
    const [upload] = await unfinished()
    gcs.quirks.denied.add('storage.multipartUploads.abort').add('storage.multipartUploads.list')
    await expect(upload?.remove?.()).rejects.toMatchObject({
      code: 'denied',
      message: expect.stringContaining('storage.multipartUploads.abort'),
    })
    await expect(unfinished()).rejects.toMatchObject({
      code: 'denied',
      message: expect.stringContaining('storage.multipartUploads.list'),
    })
  })

  test('of an emulator without the XML API are none', async () => {
    gcs.quirks.noXml = true
    expect(await unfinished()).toEqual([])
  })
})

describe('what stays of deleted objects', () => {
  test.each([
    ['nothing', {}, { versions: 'off', lockedDays: 0, softDeleteDays: 0 }],
    [
      'what Google keeps where nobody says otherwise',
      { softDeletePolicy: { retentionDurationSeconds: '604800', effectiveTime: '2026-01-01T00:00:00Z' } },
      { versions: 'off', lockedDays: 0, softDeleteDays: 7 },
    ],
    [
      'versions, and what is locked',
      { versioning: { enabled: true }, retentionPolicy: { retentionPeriod: '2592000', isLocked: true } },
      { versions: 'on', lockedDays: 30, softDeleteDays: 0 },
    ],
  ])('is %s', async (_, settings, expected) => {
    gcs.bucket('bucket').settings = settings
    expect(await store.retention?.()).toEqual(expected)
  })

  test('is not known to who may not read the settings of the bucket', async () => {
    gcs.quirks.denied.add('storage.buckets.get')
    expect(await store.retention?.()).toEqual({
      versions: undefined,
      lockedDays: undefined,
      softDeleteDays: undefined,
    })
  })
})

test('times are those of the server, and classes are told', async () => {
  const put = await store.put('a', bytes('x'))
  expect(put.modified).toEqual(new Date(time))
  expect(await store.head('a')).toMatchObject({ modified: new Date(time), storageClass: 'STANDARD' })
})

test('objects that may not be deleted are told apart from those that are gone', async () => {
  await store.put('a', bytes('x'))
  gcs.quirks.denied.add('storage.objects.delete')
  const [deletion] = await Array.fromAsync(store.deleteMany(['a']))
  expect(deletion?.error).toMatchObject({ code: 'denied', subject: 'gs://bucket/team//a' })
})
