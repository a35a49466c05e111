import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readDocument } from '../../src/layout/read-document.ts'
import { digestOf } from '../../src/model/digest.ts'
import type { ObjectStore } from '../../src/stores/index.ts'
import { startFakeGcs } from '../../src/testing/fake-gcs.ts'
import { startFakeS3 } from '../../src/testing/fake-s3.ts'
import { openHttpTestClient } from '../../src/testing/http-test-client.ts'
import { openFakeGcsStore } from '../../src/testing/open-fake-gcs-store.ts'
import type { Fault } from '../services/fault.ts'
import { startProxy, type TestProxy } from '../services/start-proxy.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { openS3 } from './s3-place.ts'

const content = Buffer.from(JSON.stringify({ digest: 'a'.repeat(200) }))

async function open(scheme: 's3' | 'gs'): Promise<{ store: ObjectStore; proxy: TestProxy }> {
  const stack = new AsyncDisposableStack()
  onTestFinished(() => stack.disposeAsync())
  const s3 = stack.use(await startFakeS3())
  s3.bucket('bucket')
  const gcs = stack.use(await startFakeGcs())
  const proxy = stack.use(await startProxy(scheme === 's3' ? s3.url : gcs.url))
  const { http } = stack.use(openHttpTestClient())
  const cache = await mkdtemp(path.join(temporaryFolder(), 'cache-'))
  const { store } =
    scheme === 's3'
      ? await openS3({ ...s3, url: proxy.url }, { root: 'bucket', http, cache })
      : { store: openFakeGcsStore(proxy.url, http) }
  await store.put('document', content)
  return { store, proxy }
}

describe.each(['s3', 'gs'] as const)('a document of a bucket (%s)', scheme => {
  test.each<[string, Fault]>([
    ['is cut off', { cutDown: 100 }],
    ['ends early', { endDown: 100 }],
    ['comes with a wrong byte', { corrupt: 50 }],
  ])('that %s is read again', async (_, fault) => {
    const { store, proxy } = await open(scheme)
    proxy.fault({ ...fault, method: 'GET', times: 1 })
    expect(Buffer.from((await readDocument(store, 'document', 1000))?.bytes ?? [])).toEqual(content)
  })

  test('that comes in the same way twice is what is there, whatever its MD5 is said to be', async () => {
    const { store, proxy } = await open(scheme)
    proxy.fault({ corrupt: 50, method: 'GET' })
    const found = await readDocument(store, 'document', 1000)
    expect(found?.bytes.findIndex((byte, at) => byte !== content[at])).toBe(50)
  })
})

test.each(['s3', 'gs'] as const)('what is made of a part of the parts does not stay (%s)', async scheme => {
  const { store, proxy } = await open(scheme)
  const large = Buffer.alloc(11 * 1024 * 1024, 'x')
  const lists = { method: 'POST', path: /[?&]uploadId=/ } as const
  for (let offset = 0; offset < 300; offset += 30) {
    const key = `large-${offset}`
    proxy.fault({ ...lists, corruptUp: offset, times: 1 })
    const { size } = await store.put(key, large, { content: digestOf(large) }).catch(() => ({ size: 0 }))
    proxy.clearFaults()
    expect([offset, (await store.head(key))?.size ?? 0]).toEqual([offset, size])
  }
})

describe('S3', () => {
  test('a page that is answered to a put is no sign that anything was written', async () => {
    const { store, proxy } = await open('s3')
    const before = await store.head('document')
    proxy.fault({ method: 'PUT', status: 200, body: '<html>', times: 1 })
    const written = await store.put('document', Buffer.from('{}'), { ifMatch: before?.etag ?? '' })
    expect([written.size, (await store.head('document'))?.etag]).toEqual([2, written.etag])
  })

  test.each([
    ['of an absent object, broken off', { endDown: 60 }],
    ['of an absent object, with a wrong byte', { corrupt: 2 }],
  ])('an error %s, is one by its status', async (_, fault) => {
    const { store, proxy } = await open('s3')
    proxy.fault({ ...fault, method: 'GET' })
    expect(await readDocument(store, 'absent', 1000)).toBeUndefined()
  })

  test('a listing that breaks off is asked for again', async () => {
    const { store, proxy } = await open('s3')
    proxy.fault({ method: 'GET', path: /list-type/, cutDown: 100, times: 1 })
    expect(await Array.fromAsync(store.list(''))).toHaveLength(1)
  })

  test('a listing that is no XML is an error of the server', async () => {
    const { store, proxy } = await open('s3')
    proxy.fault({ method: 'GET', path: /list-type/, status: 200, body: '<html><body>' })
    await expect(Array.fromAsync(store.list(''))).rejects.toMatchObject({ code: 'protocol-error' })
  })

  test('429 asks for fewer requests', async () => {
    const { store, proxy } = await open('s3')
    proxy.fault({ method: 'GET', status: 429 })
    await expect(store.get('document')).rejects.toMatchObject({ code: 'rate-limited' })
  })
})
