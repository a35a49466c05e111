import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FakeGcs, startFakeGcs } from '../../testing/fake-gcs.ts'
import { type HttpTestClient, openHttpTestClient } from '../../testing/http-test-client.ts'
import { objectStoreSuite } from '../../testing/object-store-suite.ts'
import { openFakeGcsStore } from '../../testing/open-fake-gcs-store.ts'
import type { ListEntry, ObjectStore } from '../index.ts'

let gcs: FakeGcs
let client: HttpTestClient
beforeEach(async () => {
  gcs = await startFakeGcs()
  client = openHttpTestClient()
})
afterEach(async () => {
  await client[Symbol.asyncDispose]()
  await gcs[Symbol.asyncDispose]()
})

const open = (prefix?: string) => openFakeGcsStore(gcs.url, client.http, prefix === undefined ? {} : { prefix })
const bytes = (text: string) => new TextEncoder().encode(text)
const keyOf = (entry: ListEntry) => (entry.kind === 'object' ? entry.info.key : entry.prefix)
const keys = (store: ObjectStore, prefix = '') => Array.fromAsync(store.list(prefix), keyOf)

async function textOf(store: ObjectStore, key: string): Promise<string> {
  return Buffer.concat(await Array.fromAsync((await store.get(key)).body)).toString()
}

for (const [name, prefix] of [
  ['gs', ''],
  ['gs below a prefix', 'team/images/'],
] as const) {
  objectStoreSuite({ describe, test }, { name, open: async () => open(prefix) })
}

test('stores below different prefixes do not see one another, and their origins are whole', async () => {
  const [all, one, two] = [open(), open('one/'), open('one/two/')]
  await one.put('key', bytes('1'))
  await two.put('key', bytes('2'))
  expect([one.name, two.name]).toEqual(['gs://bucket/one', 'gs://bucket/one/two'])
  expect([await keys(all), await keys(one), await keys(two)]).toEqual([
    ['one/key', 'one/two/key'],
    ['key', 'two/key'],
    ['key'],
  ])
  expect(two.origin?.('key')).toEqual({
    service: 'gs',
    account: `anonymous at ${gcs.url}`,
    bucket: 'bucket',
    key: 'one/two/key',
  })
  await two.delete('key')
  expect(await keys(all)).toEqual(['one/key'])
})

describe('what others leave in a bucket', () => {
  test('folders that the console shows are no objects', async () => {
    for (const name of ['images/', 'images/sub/', 'images/sub/x'])
      gcs.bucket('bucket').put({ name, content: bytes('') })
    expect(await keys(open('images/'))).toEqual(['sub/x'])
  })

  test('what is stored compressed is read as it is stored', async () => {
    const content = gzipSync('text')
    gcs.bucket('bucket').put({ name: 'text', content, contentEncoding: 'gzip' })
    const { info, body } = await open().get('text')
    expect(info.size).toBe(content.length)
    expect(Buffer.concat(await Array.fromAsync(body)).equals(content)).toBe(true)
    const { body: part } = await open().get('text', { range: { start: 2, end: 5 } })
    expect(Buffer.concat(await Array.fromAsync(part)).equals(content.subarray(2, 5))).toBe(true)
  })
})

test('content that is there is not written again', async () => {
  const store = open()
  const content = 'sha256:0123'.padEnd(71, '0') as `sha256:${string}`
  const first = await store.put('blob', bytes('content'), { content })
  const second = await store.put('blob', bytes('content'), { content })
  expect(second.etag).toBe(first.etag)
})

test('bytes that are changed on the way are refused by Google, and sent again', async () => {
  gcs.quirks.damage = { times: 2, path: /uploadType=multipart/ }
  await open().put('key', Buffer.alloc(100_000))
  expect(gcs.requests.map(({ status }) => status)).toEqual([400, 400, 200])
  gcs.quirks.damage.times = 3
  await expect(open().put('key', Buffer.alloc(100_000))).rejects.toMatchObject({ code: 'network' })
})

test('a server that fails for a moment is asked again, for a write too', async () => {
  gcs.quirks.fail = { times: 2, status: 503 }
  await open().put('key', bytes('x'), { ifNoneMatch: '*' })
  expect(gcs.requests.map(({ status }) => status)).toEqual([503, 503, 200])
})

test('a copy goes on with its token until it is done', async () => {
  Object.assign(gcs.quirks, { rewriteBytesPerCall: 1000 })
  const store = open()
  await store.put('from', Buffer.alloc(2500, 'x'))
  const origin = store.origin?.('from')
  if (origin === undefined) throw new Error('no origin')
  gcs.requests.length = 0
  expect(await open('below/').copyFrom?.(origin, 'to', { size: 2500 })).toMatchObject({ key: 'to', size: 2500 })
  expect(gcs.requests.map(({ method }) => method)).toEqual(['GET', 'POST', 'POST', 'POST'])
  expect(await textOf(store, 'below/to')).toBe('x'.repeat(2500))
})

describe('about one write a second of an object', () => {
  let time = Date.UTC(2026, 0, 1)
  const clock = {
    now: () => time,
    random: () => 0.5,
    async sleep(milliseconds: number) {
      time += milliseconds
    },
  }

  test('is waited for, longer than other failures, and nobody fails', async () => {
    // As long as it may take where many write the same object in turn.
    await using slow = await startFakeGcs({ now: clock.now, quirks: { millisecondsBetweenWrites: 20_000 } })
    await using patient = openHttpTestClient({ clock })
    const store = openFakeGcsStore(slow.url, patient.http)
    const begun = time
    for (let i = 0; i < 5; i++) await store.put('history.json', bytes(String(i)))
    await store.delete('history.json')
    expect(slow.bucket('bucket').objects.size).toBe(0)
    expect(time - begun).toBeGreaterThanOrEqual(100_000)
    expect(slow.requests.filter(({ status }) => status === 429).length).toBeGreaterThan(5)
  })

  test('and where it never ends, the error says what it is', async () => {
    await using stuck = await startFakeGcs({ now: () => 0, quirks: { millisecondsBetweenWrites: 1 } })
    const store = openFakeGcsStore(stuck.url, client.http)
    await store.put('key', bytes('1'))
    await expect(store.put('key', bytes('2'))).rejects.toMatchObject({ code: 'rate-limited' })
  })
})
