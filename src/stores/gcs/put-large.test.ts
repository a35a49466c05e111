import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LadingError } from '../../errors/index.ts'
import type { Bytes } from '../../streams/index.ts'
import { type FakeGcs, startFakeGcs } from '../../testing/fake-gcs.ts'
import { type HttpTestClient, openHttpTestClient } from '../../testing/http-test-client.ts'
import { openFakeGcsStore, fakePartBytes as partBytes } from '../../testing/open-fake-gcs-store.ts'
import type { ObjectStore } from '../index.ts'

const key = 'blobs/sha256/large'
const content = `sha256:${'1'.repeat(64)}` as const
const size = 2 * partBytes + 1000
const large = Buffer.alloc(size)
for (let at = 0; at < size; at += 4096) large.writeUInt32LE(at, Math.min(at, size - 4))

let gcs: FakeGcs
let client: HttpTestClient
let store: ObjectStore
beforeEach(async () => {
  gcs = await startFakeGcs()
  client = openHttpTestClient()
  store = openFakeGcsStore(gcs.url, client.http)
})
afterEach(async () => {
  await client[Symbol.asyncDispose]()
  await gcs[Symbol.asyncDispose]()
})

/** A body that, before it yields its chunk from `at` on, does what a test wants. */
function bodyOf(bytes: Buffer, at?: number, then?: () => unknown): Bytes {
  return {
    size: bytes.length,
    async *open(from = 0) {
      for (let next = from; next < bytes.length; next += 1024 * 1024) {
        if (at !== undefined && next <= at && at < next + 1024 * 1024) await then?.()
        yield bytes.subarray(next, next + 1024 * 1024)
      }
    },
  }
}

const bucket = () => gcs.bucket('bucket')
const stored = () => bucket().objects.get(key)
const uploads = () => [...bucket().multiparts.values()]
const sentParts = () =>
  gcs.requests
    .filter(({ method }) => method === 'PUT')
    .map(({ path }) => Number(/partNumber=(\d+)/.exec(path)?.[1]))
    .sort((a, b) => a - b)

async function fails(put: Promise<unknown>): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  put.then(() => reject(new Error('it did not fail')), resolve)
  return await promise
}

/** An upload that broke off after its first two parts. */
async function breakOff(): Promise<void> {
  const failure = new LadingError('network', 'the source is gone')
  const put = store.put(
    key,
    bodyOf(large, 2 * partBytes, async () => {
      while ((uploads()[0]?.parts.size ?? 0) < 2) await new Promise(resolve => setTimeout(resolve, 5))
      throw failure
    }),
    { content },
  )
  expect(await fails(put)).toBe(failure)
  expect([...(uploads()[0]?.parts.keys() ?? [])].sort()).toEqual([1, 2])
  gcs.requests.length = 0
}

describe('a large object', () => {
  test('goes in parts, each with its MD5, and is finished when its body has ended', async () => {
    let finished = false
    const body = bodyOf(large, size - 1, () => {
      finished = stored() !== undefined
    })
    const info = await store.put(key, body, { content })
    expect([info.size, info.etag, finished]).toEqual([size, stored()?.generation, false])
    expect(stored()?.content.equals(large)).toBe(true)
    expect(sentParts()).toEqual([1, 2, 3])
    expect(
      gcs.requests
        .filter(({ method }) => method === 'PUT')
        .every(({ headers }) => headers['content-md5'] !== undefined),
    ).toBe(true)
  })

  test('of unknown size is stored whole', async () => {
    const { open } = bodyOf(large)
    expect(await store.put('unknown', { open })).toMatchObject({ size })
  })

  test('is created and replaced under a condition, by way of a draft that does not stay', async () => {
    await store.put(key, Buffer.from('small'))
    const { etag = '' } = (await store.head(key)) ?? {}
    expect(await fails(store.put(key, bodyOf(large), { ifNoneMatch: '*' }))).toMatchObject({
      code: 'precondition-failed',
    })
    expect(await fails(store.put(key, bodyOf(large), { ifMatch: '1' }))).toMatchObject({ code: 'precondition-failed' })
    expect(stored()?.content.toString()).toBe('small')
    expect(await store.put(key, bodyOf(large), { ifMatch: etag })).toMatchObject({ key, size })
    expect([...bucket().objects.keys()]).toEqual([key])
  })
})

describe('an upload that breaks off', () => {
  test('is gone on with, and what is there already is not sent again', async () => {
    await breakOff()
    await using other = openHttpTestClient()
    await openFakeGcsStore(gcs.url, other.http).put(key, bodyOf(large), { content })
    expect(stored()?.content.equals(large)).toBe(true)
    expect([sentParts(), uploads()]).toEqual([[3], []])
  })

  test('is gone on with after an abort, and whatever part is missing is sent', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const put = store.put(
      key,
      bodyOf(large, 2 * partBytes, () => controller.abort(reason)),
      { content, signal: controller.signal },
    )
    expect(await fails(put)).toBe(reason)
    uploads()[0]?.parts.delete(1)
    await store.put(key, bodyOf(large), { content })
    expect(stored()?.content.equals(large)).toBe(true)
    expect([uploads(), await Array.fromAsync(store.list(''))]).toMatchObject([[], [{ info: { key, size } }]])
  })

  test('holds a part of wrong bytes: it is sent again', async () => {
    await breakOff()
    const part = uploads()[0]?.parts.get(1)
    if (part !== undefined)
      uploads()[0]?.parts.set(1, { ...part, content: Buffer.alloc(partBytes), etag: '0'.repeat(32) })
    await store.put(key, bodyOf(large), { content })
    expect(sentParts()).toEqual([1, 3])
    expect(stored()?.content.equals(large)).toBe(true)
  })

  test('is begun anew by who may not look for it', async () => {
    await breakOff()
    gcs.quirks.denied.add('storage.multipartUploads.list')
    await store.put(key, bodyOf(large), { content })
    expect(sentParts()).toEqual([1, 2, 3])
  })

  test('is given up where the bytes are wrong, and the key is as it was', async () => {
    await store.put(key, Buffer.from('old'))
    const wrong = new LadingError('digest-mismatch', 'planted')
    const put = store.put(
      key,
      bodyOf(large, size - 1, () => Promise.reject(wrong)),
      { content },
    )
    expect(await fails(put)).toBe(wrong)
    expect([stored()?.content.toString(), uploads()]).toEqual(['old', []])
  })

  test('and that nobody could go on with is given up', async () => {
    const failure = new LadingError('network', 'the source is gone')
    expect(
      await fails(
        store.put(
          'other',
          bodyOf(large, size - 1, () => Promise.reject(failure)),
        ),
      ),
    ).toBe(failure)
    expect(uploads()).toEqual([])
  })

  test('because a part is refused ends with that error, and no request is under way', async () => {
    gcs.quirks.denied.add('storage.objects.create')
    expect(await fails(store.put(key, bodyOf(large), { content }))).toMatchObject({ code: 'unauthorized' })
    gcs.quirks.denied.clear()
    await store.put(key, bodyOf(large), { content })
    expect(stored()?.content.equals(large)).toBe(true)
  })
})

test('an upload that cannot begin gives its memory back', async () => {
  gcs.quirks.denied.add('storage.multipartUploads.create')
  for (let i = 0; i < 25; i++)
    expect(await fails(store.put(key, bodyOf(large)))).toMatchObject({ code: 'unauthorized' })
  gcs.quirks.denied.clear()
  expect(await store.put(key, bodyOf(large))).toMatchObject({ size })
})

describe('somebody else, meanwhile,', () => {
  test('gives the upload up: it is begun anew', async () => {
    let times = 0
    const body = bodyOf(large, 2 * partBytes, () => {
      if (times++ === 0) bucket().multiparts.clear()
    })
    await store.put(key, body, { content })
    expect([times, stored()?.content.equals(large)]).toEqual([2, true])
  })

  test('finishes it: the object is there, and that is all that was wanted', async () => {
    const body = bodyOf(large, size - 1, () => {
      bucket().put({ name: key, content: large })
      bucket().multiparts.clear()
    })
    expect(await store.put(key, body, { content })).toMatchObject({ size })
    expect(bucket().objects.size).toBe(1)
  })
})

test('a part that is damaged on the way is sent again by itself', async () => {
  gcs.quirks.damage = { times: 1, path: /partNumber=2/ }
  await store.put(key, bodyOf(large), { content })
  expect(sentParts()).toEqual([1, 2, 2, 3])
  expect(stored()?.content.equals(large)).toBe(true)
})

test('a token that expires in mid-upload is replaced', async () => {
  gcs.tokens.add('old')
  let token = 'old'
  const credentials = {
    principal: 'tester',
    headers: async () => ({ authorization: `Bearer ${token}` }),
    renew() {
      token = 'new'
      return true
    },
  }
  const body = bodyOf(large, partBytes, () => {
    gcs.tokens.delete('old')
    gcs.tokens.add('new')
  })
  await openFakeGcsStore(gcs.url, client.http, { credentials }).put(key, body, { content })
  expect(gcs.requests.some(({ status }) => status === 401)).toBe(true)
  expect(stored()?.content.equals(large)).toBe(true)
})

describe('an emulator without the XML API', () => {
  beforeEach(() => {
    gcs.quirks.noXml = true
  })

  test('gets a large object in the chunks of a resumable upload', async () => {
    expect(await store.put(key, bodyOf(large), { content })).toMatchObject({ size })
    expect(gcs.requests.filter(({ status }) => status === 308)).toHaveLength(2)
    expect(stored()?.content.equals(large)).toBe(true)
    await store.put('conditional', bodyOf(large), { ifNoneMatch: '*' })
    expect([...bucket().objects.keys()]).toEqual([key, 'conditional'])
  })

  test('keeps nothing of one that fails', async () => {
    const failure = new LadingError('network', 'the source is gone')
    expect(
      await fails(
        store.put(
          key,
          bodyOf(large, size - 1, () => Promise.reject(failure)),
          { content },
        ),
      ),
    ).toBe(failure)
    expect([stored(), bucket().sessions.size]).toEqual([undefined, 0])
  })
})
