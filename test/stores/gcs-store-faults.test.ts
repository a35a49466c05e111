import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isLadingError } from '../../src/errors/index.ts'
import type { ObjectStore } from '../../src/stores/index.ts'
import { type FakeGcs, startFakeGcs } from '../../src/testing/fake-gcs.ts'
import { type HttpTestClient, openHttpTestClient } from '../../src/testing/http-test-client.ts'
import { fakePartBytes, openFakeGcsStore } from '../../src/testing/open-fake-gcs-store.ts'
import { startProxy, type TestProxy } from '../services/start-proxy.ts'

let gcs: FakeGcs
let proxy: TestProxy
let client: HttpTestClient
let store: ObjectStore
beforeEach(async () => {
  gcs = await startFakeGcs()
  proxy = await startProxy(gcs.url)
  client = openHttpTestClient()
  store = openFakeGcsStore(proxy.url, client.http)
})
afterEach(async () => {
  await client[Symbol.asyncDispose]()
  await proxy[Symbol.asyncDispose]()
  await gcs[Symbol.asyncDispose]()
})

const bytes = (text: string) => new TextEncoder().encode(text)
const content = `sha256:${'1'.repeat(64)}` as const
const large = Buffer.alloc(2 * fakePartBytes + 1, 'x')
const held = (key: string) => gcs.bucket('bucket').objects.get(key)

describe('an answer that is lost after Google did what was asked', () => {
  test('does not make a conditional create or replace look like a lost race', async () => {
    proxy.fault({ method: 'POST', path: /uploadType=multipart/, lost: true, times: 1 })
    const { etag = '' } = await store.put('key', bytes('1'), { ifNoneMatch: '*' })
    expect(etag).toBe(held('key')?.generation)
    proxy.clearFaults()
    proxy.fault({ method: 'POST', path: /uploadType=multipart/, lost: true, times: 1 })
    expect((await store.put('key', bytes('2'), { ifMatch: etag })).etag).toBe(held('key')?.generation)
    expect(held('key')?.content.toString()).toBe('2')
  })

  test('does not hide a race that was lost', async () => {
    gcs.bucket('bucket').put({ name: 'key', content: bytes('other'), metadata: { 'lading-put': 'other' } })
    proxy.fault({ method: 'POST', lost: true, times: 1 })
    await expect(store.put('key', bytes('1'), { ifNoneMatch: '*' })).rejects.toMatchObject({
      code: 'precondition-failed',
    })
    expect(held('key')?.content.toString()).toBe('other')
  })

  test.each([
    ['of a part', 'PUT', /partNumber=2/],
    ['of the finish', 'POST', /[?&]uploadId=/],
    ['of the start', 'POST', /[?&]uploads=/],
  ])('%s of an upload does no harm', async (_, method, path) => {
    proxy.fault({ method, path, lost: true, times: 1 })
    expect(await store.put('large', large)).toMatchObject({ size: large.length })
    expect(held('large')?.content.equals(large)).toBe(true)
  })

  test('of the copy of a draft does not make it look like a lost race', async () => {
    proxy.fault({ method: 'POST', path: /rewriteTo/, lost: true, times: 1 })
    expect(await store.put('large', large, { ifNoneMatch: '*' })).toMatchObject({ size: large.length })
    expect([...gcs.bucket('bucket').objects.keys()]).toEqual(['large'])
  })

  test('of a deletion does no harm', async () => {
    await store.put('key', bytes('1'))
    proxy.fault({ method: 'DELETE', lost: true, times: 1 })
    await store.delete('key', { ifMatch: held('key')?.generation ?? '' })
    expect(held('key')).toBeUndefined()
  })
})

test.each([
  ['is cut off', { cutDown: 100_000 }],
  ['ends early', { endDown: 100_000 }],
])('a body that %s is an error that a range mends', async (_, fault) => {
  const whole = Buffer.alloc(1_000_000, 'y')
  await store.put('key', whole)
  proxy.fault({ method: 'GET', ...fault, times: 1 })
  const { body, info } = await store.get('key')
  let read = 0
  const failure = await (async () => {
    for await (const chunk of body) read += chunk.byteLength
  })().catch(error => error)
  expect(isLadingError(failure) && failure.retryable).toBe(true)
  const rest = await store.get('key', { range: { start: read }, ifMatch: info.etag ?? '' })
  expect(Buffer.concat(await Array.fromAsync(rest.body)).equals(whole.subarray(read))).toBe(true)
})

test('an upload whose connection breaks is gone on with', async () => {
  proxy.fault({ method: 'PUT', path: /partNumber=3/, cutUp: 0 })
  const body = {
    size: large.length,
    open: async function* () {
      yield large
    },
  }
  await expect(store.put('large', body, { content })).rejects.toMatchObject({ code: 'network' })
  proxy.clearFaults()
  proxy.requests.length = 0
  await store.put('large', body, { content })
  expect(proxy.requests.filter(({ method }) => method === 'PUT')).toHaveLength(1)
  expect(held('large')?.content.equals(large)).toBe(true)
})
