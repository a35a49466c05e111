import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startProxy } from '../../../test/services/start-proxy.ts'
import { openS3, partBytes, sdkClient } from '../../../test/stores/s3-place.ts'
import { LadingError } from '../../errors/index.ts'
import type { HttpClient } from '../../http/index.ts'
import { digestOf } from '../../model/digest.ts'
import { type Bytes, bytesOf } from '../../streams/index.ts'
import { type FakeS3, startFakeS3 } from '../../testing/fake-s3.ts'
import { type HttpTestClient, openHttpTestClient } from '../../testing/http-test-client.ts'
import { contentOf, patterned } from '../../testing/object-store/store-contents.ts'
import type { ObjectStore } from '../index.ts'

const cache = await mkdtemp(join(tmpdir(), 'lading-s3-'))
afterAll(() => rm(cache, { recursive: true }))

const large = patterned(2 * partBytes + 1000)
const content = digestOf(large)
const key = `blobs/${content.replace(':', '/')}`

let s3: FakeS3
let client: HttpTestClient
beforeEach(async () => {
  s3 = await startFakeS3()
  s3.bucket('b')
  client = openHttpTestClient()
})
afterEach(async () => {
  await client[Symbol.asyncDispose]()
  await s3.stop()
})

async function open(http: HttpClient = client.http, url = s3.url): Promise<ObjectStore> {
  return (await openS3({ ...s3, url }, { root: 'b/prefix', http, cache })).store
}

/** Which parts were sent, in order, and how often an upload was begun, completed and aborted. */
function sent() {
  const count = (method: string, pattern: RegExp) =>
    s3.requests.filter(request => request.method === method && pattern.test(request.path)).length
  return {
    parts: s3.requests
      .flatMap(({ method, path }) => (method === 'PUT' ? (/partNumber=(\d+)/.exec(path)?.[1] ?? []) : []))
      .map(Number)
      .sort(),
    begun: count('POST', /\?uploads/),
    completed: count('POST', /\?uploadId/),
    aborted: count('DELETE', /uploadId/),
  }
}

/** The body, which fails with `error` after so many bytes. */
function breakingAt(bytes: number, error: Error): Bytes {
  return {
    size: large.byteLength,
    async *open(from = 0) {
      yield large.subarray(from, bytes)
      throw error
    },
  }
}

const offline = new LadingError('network', 'the source is gone')

describe('a large object', () => {
  test('is sent in parts of one size, each once', async () => {
    const store = await open()
    const info = await store.put(key, bytesOf(large), { content })
    expect(info.size).toBe(large.byteLength)
    expect(sent()).toEqual({ parts: [1, 2, 3], begun: 1, completed: 1, aborted: 0 })
    expect((await contentOf(store, key)).equals(large)).toBe(true)
    expect(s3.bucket('b').objects.get(`prefix/${key}`)?.storageClass).toBe('INTELLIGENT_TIERING')
  })

  test('has the entity tag of the object, whatever Complete says', async () => {
    s3.quirks.emptyCompleteEtag = true
    const store = await open()
    const { etag } = await store.put(key, bytesOf(large), { content })
    expect(etag).toBe((await store.head(key))?.etag)
    expect(etag).toMatch(/-3$/)
  })

  test('of unknown size is sent in parts too', async () => {
    const store = await open()
    await store.put('any', { open: from => bytesOf(large).open(from) })
    expect((await contentOf(store, 'any')).equals(large)).toBe(true)
  })

  test('that was interrupted goes on in another process, and nothing is sent twice', async () => {
    await expect((await open()).put(key, breakingAt(partBytes + 10, offline), { content })).rejects.toBe(offline)
    expect(sent()).toEqual({ parts: [1], begun: 1, completed: 0, aborted: 0 })
    s3.requests.length = 0
    const store = await open()
    await store.put(key, bytesOf(large), { content })
    expect(sent()).toEqual({ parts: [2, 3], begun: 0, completed: 1, aborted: 0 })
    expect((await contentOf(store, key)).equals(large)).toBe(true)
  })

  test('that is to be encrypted does not go on with an upload that perhaps is not', async () => {
    await expect((await open()).put(key, breakingAt(partBytes + 10, offline), { content })).rejects.toBe(offline)
    const { store } = await openS3(s3, { root: 'b/prefix', http: client.http, cache, cloud: { sse: 'AES256' } })
    await store.put(key, bytesOf(large), { content })
    expect(s3.bucket('b').objects.get(`prefix/${key}`)?.encryption).toEqual({
      'x-amz-server-side-encryption': 'AES256',
    })
  })

  test('goes on with the parts that are right, wherever they are, and sends the others again', async () => {
    const sdk = sdkClient(s3)
    const at = { Bucket: 'b', Key: `prefix/${key}` }
    const { UploadId } = await sdk.createMultipartUpload(at)
    await sdk.uploadPart({ ...at, UploadId, PartNumber: 1, Body: new Uint8Array(partBytes) })
    await sdk.uploadPart({ ...at, UploadId, PartNumber: 2, Body: large.subarray(partBytes, 2 * partBytes) })
    await sdk.uploadPart({ ...at, UploadId, PartNumber: 9, Body: new Uint8Array(7) })
    s3.requests.length = 0
    const store = await open()
    await store.put(key, bytesOf(large), { content })
    expect(sent()).toEqual({ parts: [1, 3], begun: 0, completed: 1, aborted: 0 })
    expect((await contentOf(store, key)).equals(large)).toBe(true)
  })

  test('of wrong content is given up, and its parts are not kept', async () => {
    const wrong = new LadingError('digest-mismatch', 'the bytes have another digest')
    const store = await open()
    await expect(store.put(key, breakingAt(large.byteLength - 1, wrong), { content })).rejects.toBe(wrong)
    expect(sent()).toMatchObject({ completed: 0, aborted: 1 })
    expect(s3.bucket('b').uploads.size).toBe(0)
    expect(await store.head(key)).toBeUndefined()
  })

  test('that is no content leaves nothing behind when it breaks off', async () => {
    await expect((await open()).put('tar', breakingAt(partBytes + 10, offline))).rejects.toBe(offline)
    expect(s3.bucket('b').uploads.size).toBe(0)
  })

  test('is begun anew where somebody gives the upload up', async () => {
    let rounds = 0
    const body: Bytes = {
      size: large.byteLength,
      async *open() {
        yield large.subarray(0, partBytes + 1)
        if (rounds++ === 0) s3.bucket('b').uploads.clear()
        yield large.subarray(partBytes + 1)
      },
    }
    const store = await open()
    await store.put(key, body, { content })
    expect(sent()).toMatchObject({ begun: 2, completed: 1 })
    expect((await contentOf(store, key)).equals(large)).toBe(true)
  })

  test('is done where another process completes the upload', async () => {
    const other = await open()
    const body: Bytes = {
      size: large.byteLength,
      async *open() {
        yield large.subarray(0, partBytes + 1)
        await other.put(key, bytesOf(large), { content })
        yield large.subarray(partBytes + 1)
      },
    }
    const store = await open()
    expect((await store.put(key, body, { content })).size).toBe(large.byteLength)
    expect(sent()).toMatchObject({ begun: 1, completed: 1 })
  })

  test('is put by ten at once', async () => {
    const stores = await Promise.all(Array.from({ length: 10 }, () => open()))
    await Promise.all(stores.map(store => store.put(key, bytesOf(large), { content })))
    expect((await contentOf(stores[0] ?? (await open()), key)).equals(large)).toBe(true)
  })

  test.each([
    ['content', key, { content }],
    ['anything', 'any', {}],
  ])('is done where the answer to Complete is lost: %s', async (_, name, options) => {
    await using proxy = await startProxy(s3.url)
    proxy.fault({ method: 'POST', path: /uploadId/, lost: true, times: 1 })
    const store = await open(client.http, proxy.url)
    expect((await store.put(name, bytesOf(large), options)).size).toBe(large.byteLength)
    expect(sent().completed).toBe(1)
  })

  test('a part that fails is sent again, alone', async () => {
    await using proxy = await startProxy(s3.url)
    proxy.fault({ method: 'PUT', path: /partNumber=2/, cutUp: 100_000, times: 2 })
    const store = await open(client.http, proxy.url)
    await store.put(key, bytesOf(large), { content })
    expect(sent().parts).toEqual([1, 2, 2, 2, 3])
    expect(client.reasons).toHaveLength(2)
  })

  test('a part that cannot be sent stops the body, and what is stored stays for the next run', async () => {
    await using proxy = await startProxy(s3.url)
    proxy.fault({ method: 'PUT', path: /partNumber=2/, status: 400, body: '<Error><Code>Odd</Code></Error>' })
    let closed = false
    const endless: Bytes = {
      size: 100 * partBytes,
      async *open(_from, signal) {
        try {
          yield large.subarray(0, partBytes)
          // The failure of part 2 would stop part 1 on its way.
          await vi.waitFor(() => expect([...s3.bucket('b').uploads.values()][0]?.parts.has(1)).toBe(true))
          yield large.subarray(partBytes, 2 * partBytes)
          await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
        } finally {
          closed = true
        }
      },
    }
    const failed = (await open(client.http, proxy.url)).put(key, endless, { content })
    await expect(failed).rejects.toMatchObject({ code: 'protocol-error', operation: 'write object' })
    expect(closed).toBe(true)
    expect([...s3.bucket('b').uploads.values()].map(({ parts }) => [...parts.keys()])).toEqual([[1]])
  })
})

describe('bytes that change on the way', () => {
  /** A connection that flips a bit of so many bodies. */
  function damaging(times: number): HttpClient {
    let left = times
    return {
      request: request => {
        if (!(request.body instanceof Uint8Array) || request.body.byteLength < 5 || left-- <= 0) {
          return client.http.request(request)
        }
        const body = Uint8Array.from(request.body)
        body[3] = (body[3] ?? 0) ^ 1
        return client.http.request({ ...request, body })
      },
      direct: () => undefined,
      pause: (pause, signal) => client.http.pause(pause, signal),
      [Symbol.asyncDispose]: async () => {},
    }
  }

  test.each([
    ['small object', large.subarray(0, 1000)],
    ['part', large],
  ])('are refused by the server and sent again: %s', async (_, bytes) => {
    const store = await open(damaging(2))
    await store.put('k', bytesOf(bytes), { content: digestOf(bytes) })
    expect((await contentOf(store, 'k')).equals(bytes)).toBe(true)
    expect(client.reasons).toContain('the bytes that arrived are not those that were sent')
  })

  test('are reported as something to try again where they change every time', async () => {
    const store = await open(damaging(100))
    const failed = store.put('k', bytesOf(large.subarray(0, 100)))
    await expect(failed).rejects.toMatchObject({ code: 'network', retryable: true, status: 400 })
    expect(s3.bucket('b').objects.size).toBe(0)
  })
})
