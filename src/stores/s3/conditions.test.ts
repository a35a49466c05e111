import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startProxy } from '../../../test/services/start-proxy.ts'
import { openS3 } from '../../../test/stores/s3-place.ts'
import { LadingError } from '../../errors/index.ts'
import type { HttpClient } from '../../http/index.ts'
import { type FakeS3, startFakeS3 } from '../../testing/fake-s3.ts'
import type { S3Quirks } from '../../testing/fake-s3-quirks.ts'
import { type HttpTestClient, openHttpTestClient } from '../../testing/http-test-client.ts'
import { bytes, etagOf, textOf } from '../../testing/object-store/store-contents.ts'

let cache: string
let s3: FakeS3
let client: HttpTestClient
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'lading-s3-'))
  s3 = await startFakeS3()
  s3.bucket('b')
  client = openHttpTestClient()
})
afterEach(async () => {
  await client[Symbol.asyncDispose]()
  await s3.stop()
  await rm(cache, { recursive: true })
})

function open(quirks: Partial<S3Quirks> = {}, url = s3.url) {
  Object.assign(s3.quirks, quirks)
  return openS3({ ...s3, url }, { root: 'b', http: client.http, cache })
}

const lost = { code: 'precondition-failed' }
const puts = () => s3.requests.filter(({ method }) => method === 'PUT').length

async function cached(): Promise<{ file: string; content: Record<string, unknown> }> {
  const folder = join(cache, 'lading/stores')
  const [name = ''] = await readdir(folder)
  const file = join(folder, name)
  return { file, content: JSON.parse(await readFile(file, 'utf8')) }
}

describe('the first conditional put', () => {
  test('is the trial, and its result is kept for later runs', async () => {
    const first = await open()
    await first.store.put('a', bytes('1'), { ifNoneMatch: '*' })
    await first.store.put('b', bytes('1'), { ifNoneMatch: '*' })
    expect(puts()).toBe(3)
    const { file, content } = await cached()
    expect(content).toEqual({ endpoint: s3.url, bucket: 'b', ifNoneMatch: true })
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    s3.requests.length = 0
    await (await open()).store.put('c', bytes('1'), { ifNoneMatch: '*' })
    expect(s3.requests.map(({ method }) => method)).toEqual(['PUT'])
    expect(first.warnings.size).toBe(0)
  })

  test('finds out about replacing apart from creating', async () => {
    const { store } = await open()
    await store.put('a', bytes('1'))
    await store.put('a', bytes('2'), { ifMatch: await etagOf(store, 'a') })
    expect((await cached()).content).toMatchObject({ ifMatch: true })
    expect((await cached()).content).not.toHaveProperty('ifNoneMatch')
  })

  test('is no trial where the version is replaced by its equal', async () => {
    const { store } = await open()
    await store.put('a', bytes('1'))
    await store.put('a', bytes('1'), { ifMatch: await etagOf(store, 'a') })
    expect((await cached()).content).not.toHaveProperty('ifMatch')
  })

  test('is tried again where the cache is damaged or cannot be written', async () => {
    await (await open()).store.put('a', bytes('1'), { ifNoneMatch: '*' })
    await writeFile((await cached()).file, '{"ifNoneMatch": "perhaps')
    await (await open()).store.put('b', bytes('1'), { ifNoneMatch: '*' })
    expect((await cached()).content).toMatchObject({ ifNoneMatch: true })
    await rm(join(cache, 'lading'), { recursive: true })
    await writeFile(join(cache, 'lading'), 'in the way')
    await (await open()).store.put('c', bytes('1'), { ifNoneMatch: '*' })
  })

  test('is never one of those that read', async () => {
    const { store } = await open()
    await store.put('a', bytes('1'))
    s3.requests.length = 0
    await store.head('a')
    await textOf(store, 'a')
    await Array.fromAsync(store.list(''))
    expect(puts()).toBe(0)
    await expect(cached()).rejects.toThrow('ENOENT')
  })
})

describe.each(['ignored', 'refused'] as const)('where conditions are %s', conditions => {
  test('the object is looked at before it is written, and the user is warned', async () => {
    const { store, warnings } = await open({ conditions })
    await store.put('a', bytes('1'), { ifNoneMatch: '*' })
    await expect(store.put('a', bytes('2'), { ifNoneMatch: '*' })).rejects.toMatchObject(lost)
    const etag = await etagOf(store, 'a')
    await store.put('a', bytes('3'), { ifMatch: etag })
    await expect(store.put('a', bytes('4'), { ifMatch: etag })).rejects.toMatchObject(lost)
    expect(await textOf(store, 'a')).toBe('3')
    expect([...warnings]).toEqual([expect.stringContaining('ignores conditional writes')])
    expect((await cached()).content).toMatchObject({ ifNoneMatch: false, ifMatch: false })
  })
})

describe('entity tags in conditions', () => {
  test.each(['quoted', 'bare'] as const)('are sent %s where the server wants that', async etagsInConditions => {
    const { store } = await open({ etagsInConditions })
    await store.put('a', bytes('1'))
    for (const text of ['2', '3']) await store.put('a', bytes(text), { ifMatch: await etagOf(store, 'a') })
    expect(await textOf(store, 'a')).toBe('3')
    s3.requests.length = 0
    const again = await open()
    await again.store.put('a', bytes('4'), { ifMatch: await etagOf(again.store, 'a') })
    expect(puts()).toBe(1)
  })
})

describe('a conditional put', () => {
  test.each([409, 500] as const)('that is answered %i is looked into', async lostRaceStatus => {
    const { store } = await open({ lostRaceStatus })
    await store.put('a', bytes('1'))
    const etag = await etagOf(store, 'a')
    await store.put('a', bytes('2'), { ifMatch: etag })
    await expect(store.put('a', bytes('3'), { ifMatch: etag })).rejects.toMatchObject(lost)
    await expect(store.put('a', bytes('3'), { ifNoneMatch: '*' })).rejects.toMatchObject(lost)
    expect(await textOf(store, 'a')).toBe('2')
  })

  test('whose answer is lost has succeeded, and is no lost race', async () => {
    await using proxy = await startProxy(s3.url)
    const { store } = await open({}, proxy.url)
    proxy.fault({ method: 'PUT', lost: true, times: 1 })
    await store.put('a', bytes('1'), { ifNoneMatch: '*' })
    proxy.fault({ method: 'PUT', lost: true, times: 1 })
    await store.put('a', bytes('2'), { ifMatch: await etagOf(store, 'a') })
    expect(await textOf(store, 'a')).toBe('2')
  })

  test('that did not arrive is sent again', async () => {
    await using proxy = await startProxy(s3.url)
    const { store } = await open({}, proxy.url)
    proxy.fault({ method: 'PUT', status: 503, times: 2 })
    await store.put('a', bytes('1'), { ifNoneMatch: '*' })
    expect(await textOf(store, 'a')).toBe('1')
    expect(client.waits).toHaveLength(2)
  })

  test('that did not arrive has lost where somebody else came meanwhile', async () => {
    const other = await open()
    let broken = false
    const breaking: HttpClient = {
      async request(request) {
        if (request.method !== 'PUT' || broken) return await client.http.request(request)
        broken = true
        await other.store.put('a', bytes('first'), { ifNoneMatch: '*' })
        throw new LadingError('network', 'the connection was reset')
      },
      direct: () => undefined,
      pause: (pause, signal) => client.http.pause(pause, signal),
      [Symbol.asyncDispose]: async () => {},
    }
    const { store } = await openS3(s3, { root: 'b', http: breaking, cache })
    await expect(store.put('a', bytes('late'), { ifNoneMatch: '*' })).rejects.toMatchObject(lost)
    expect(await textOf(store, 'a')).toBe('first')
  })

  test('of a large object is checked before it is completed', async () => {
    const { store } = await open()
    const large = new Uint8Array(6 * 1024 * 1024)
    await store.put('a', large, { ifNoneMatch: '*' })
    await expect(store.put('a', large, { ifNoneMatch: '*' })).rejects.toMatchObject(lost)
    expect(s3.bucket('b').uploads.size).toBe(0)
  })
})
