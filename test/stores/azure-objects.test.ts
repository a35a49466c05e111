import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { ObjectStore } from '../../src/stores/index.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { type AzuriteServer, startAzurite } from '../services/start-azurite.ts'
import { startProxy, type TestProxy } from '../services/start-proxy.ts'
import { type Intercept, openAzure, operationOf } from './open-azure.ts'

const encode = (text: string) => new TextEncoder().encode(text)

describeWithServices(['azurite-blob'], 'objects in Azure', () => {
  let azurite: AzuriteServer
  let proxy: TestProxy
  let container: string
  beforeAll(async () => {
    azurite = await startAzurite()
    proxy = await startProxy(azurite.origin)
  })
  afterAll(async () => {
    await proxy.stop()
    await azurite[Symbol.asyncDispose]()
  })
  beforeEach(async () => {
    container = await azurite.container()
    proxy.clearFaults()
  })

  const open = (root = container, intercept?: Intercept): Promise<ObjectStore> =>
    openAzure(
      root,
      { ...azurite.settings, cloud: { endpoint: azurite.endpoint.replace(azurite.origin, proxy.url) } },
      intercept,
    )
  const keys = async (store: ObjectStore) =>
    await Array.fromAsync(store.list(''), entry => (entry.kind === 'object' ? entry.info.key : entry.prefix))
  const lengthOf = async (body: AsyncIterable<Uint8Array>) => Buffer.concat(await Array.fromAsync(body)).byteLength
  const textOf = async (store: ObjectStore, key: string) =>
    Buffer.concat(await Array.fromAsync((await store.get(key)).body)).toString()

  test('buckets under prefixes of one container do not see each other', async () => {
    await using team = await open(`${container}/team`)
    await using team2 = await open(`${container}/team2`)
    await using whole = await open()
    await team.put('a/b', encode('one'))
    await team2.put('a/b', encode('two'))
    expect(await keys(team)).toEqual(['a/b'])
    expect(await keys(whole)).toEqual(['team/a/b', 'team2/a/b'])
    expect(await textOf(team, 'a/b')).toBe('one')
    expect(team.origin?.('a/b')).toMatchObject({ service: 'az', bucket: container, key: 'team/a/b' })
    await team.delete('a/b')
    expect(await keys(whole)).toEqual(['team2/a/b'])
  })

  test('an answer that is lost after it was applied is not a race that is lost', async () => {
    await using store = await open()
    proxy.fault({ method: 'PUT', path: /created/, lost: true, times: 1 })
    const created = await store.put('created', encode('1'), { ifNoneMatch: '*' })
    expect(await textOf(store, 'created')).toBe('1')
    proxy.fault({ method: 'PUT', path: /created/, lost: true, times: 1 })
    const replaced = await store.put('created', encode('2'), { ifMatch: created.etag ?? '' })
    expect(replaced.etag).toBe((await store.head('created'))?.etag)
    await expect(store.put('created', encode('3'), { ifMatch: created.etag ?? '' })).rejects.toMatchObject({
      code: 'precondition-failed',
    })
  })

  test('one who lost a race in truth hears of it, also where the answer was lost and the content is the same', async () => {
    await using store = await open()
    await store.put('taken', encode('1'), { ifNoneMatch: '*' })
    proxy.fault({ method: 'PUT', path: /taken/, lost: true, times: 1 })
    await expect(store.put('taken', encode('1'), { ifNoneMatch: '*' })).rejects.toMatchObject({
      code: 'precondition-failed',
      message: 'it exists already',
    })
  })

  test.each([
    ['a reset', { cutDown: 100_000 }],
    ['an orderly end', { endDown: 100_000 }],
  ])('a body that is cut by %s throws an error that can be tried again', async (_, cut) => {
    await using store = await open()
    await store.put('large', new Uint8Array(3_000_000))
    proxy.fault({ method: 'GET', path: /large/, ...cut, times: 1 })
    const { body } = await store.get('large')
    await expect(lengthOf(body)).rejects.toMatchObject({ code: 'network', retryable: true })
    const rest = await store.get('large', { range: { start: 100_000 } })
    expect(await lengthOf(rest.body)).toBe(2_900_000)
  })

  test('a busy service is asked again', async () => {
    await using store = await open()
    proxy.fault({ status: 503, headers: { 'x-ms-error-code': 'ServerBusy' }, times: 2 })
    await store.put('a', encode('1'))
    proxy.fault({ status: 500, headers: { 'x-ms-error-code': 'OperationTimedOut', 'x-ms-request-id': '1' } })
    await expect(store.head('a')).rejects.toMatchObject({
      code: 'server-error',
      message: expect.stringMatching(/failed \(500 OperationTimedOut\) \(tried 5 times/),
    })
  })

  test('a copy within the account moves no byte through here', async () => {
    await using from = await open(`${await azurite.container()}/prefix`)
    await using to = await open()
    await from.put('large', Buffer.alloc(20_000_000, 'x'))
    proxy.requests.length = 0
    const origin = from.origin?.('large') ?? expect.fail()
    expect(await to.copyFrom?.(origin, 'copied', { size: 20_000_000 })).toMatchObject({
      key: 'copied',
      size: 20_000_000,
    })
    expect(proxy.requests.every(({ requestBytes, responseBytes }) => requestBytes + responseBytes < 10_000)).toBe(true)
    expect((await textOf(to, 'copied')).length).toBe(20_000_000)
  })

  test('a copy that Azure takes its time for is waited for, and not seen before', async () => {
    let looks = 0
    await using store = await open(container, async (request, next) => {
      const response = await next(request)
      if (operationOf(request) !== 'HEAD blob' || !request.url.includes('copied') || looks++ >= 3) return response
      return { ...response, headers: new Map([...response.headers, ['x-ms-copy-status', 'pending']]) }
    })
    await store.put('from', encode('hello'))
    const copying = store.copyFrom?.(store.origin?.('from') ?? expect.fail(), 'copied', { size: 5 })
    expect((await copying)?.size).toBe(5)
    expect(looks).toBe(4)
    looks = 2
    expect(await store.head('copied')).toBeUndefined()
    expect((await store.head('copied'))?.size).toBe(5)
  })

  test('an object with snapshots is deleted with them', async () => {
    await using store = await open()
    await store.put('a', encode('1'))
    await azurite.client(container).getBlobClient('a').createSnapshot()
    await store.delete('a')
    expect(await store.head('a')).toBeUndefined()
  })

  test('an object that somebody leases is not replaced, and that is no lost race', async () => {
    await using store = await open()
    const { etag } = await store.put('a', encode('1'))
    await azurite.client(container).getBlobClient('a').getBlobLeaseClient().acquireLease(15)
    const replace = store.put('a', encode('2'), { ifMatch: etag ?? '' })
    await expect(replace).rejects.toMatchObject({ code: 'denied', message: 'somebody holds a lease on the object' })
  })

  test('an absent object is deleted under any condition', async () => {
    await using store = await open()
    await store.delete('absent', { ifMatch: '0x8DDDDDDDDDDDDDD' })
  })
})
