import {
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { LadingError } from '../../src/errors/index.ts'
import type { HttpResponse } from '../../src/http/index.ts'
import type { ObjectStore, StoreContext } from '../../src/stores/index.ts'
import { usualPartBytes } from '../../src/stores/parts/part-size.ts'
import { bytesOf } from '../../src/streams/index.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { type AzuriteServer, azuriteAccount, startAzurite } from '../services/start-azurite.ts'
import { openAzure, operationOf } from './open-azure.ts'

const encode = (text: string) => new TextEncoder().encode(text)
const { account, key: accountKey } = azuriteAccount

describeWithServices(['azurite-blob'], 'who may do what in Azure', () => {
  let azurite: AzuriteServer
  let container: string
  beforeAll(async () => {
    azurite = await startAzurite()
  })
  afterAll(() => azurite[Symbol.asyncDispose]())
  beforeEach(async () => {
    container = await azurite.container()
    await azurite.client(container).getBlockBlobClient('there').upload('hello', 5)
  })

  const sas = (permissions: string, secondsLeft: number) =>
    generateBlobSASQueryParameters(
      {
        containerName: container,
        permissions: ContainerSASPermissions.parse(permissions),
        startsOn: new Date(Date.now() - 3_600_000),
        expiresOn: new Date(Date.now() + secondsLeft * 1000),
      },
      new StorageSharedKeyCredential(account, accountKey),
    ).toString()
  const withSas = (token: string) => ({ ...azurite.settings, environment: { AZURE_STORAGE_SAS_TOKEN: token } })

  const operations: readonly [string, (store: ObjectStore) => Promise<unknown>][] = [
    ['head', store => store.head('there')],
    ['get', store => store.get('there')],
    ['put', store => store.put('new', encode('x'))],
    ['conditional put', store => store.put('new', encode('x'), { ifNoneMatch: '*' })],
    ['list', store => Array.fromAsync(store.list(''))],
    ['delete', store => store.delete('there')],
  ]
  /** What every operation ends in: one code, and nothing secret in any text. */
  async function everyOperationFails(settings: Pick<StoreContext, 'cloud' | 'environment'>, expected: object) {
    for (const [operation, run] of operations) {
      await using store = await openAzure(container, settings)
      const error = await run(store).then(
        () => expect.fail(`${operation} succeeded`),
        (error: unknown) => error,
      )
      expect(error, operation).toMatchObject(expected)
      expect(error).toBeInstanceOf(LadingError)
      expect(JSON.stringify(error) + String(error)).not.toMatch(/sig=|SharedKey|AccountKey/)
    }
  }

  test('a wrong key', async () => {
    const settings = { ...azurite.settings, environment: { AZURE_STORAGE_KEY: btoa('another key') } }
    await everyOperationFails(settings, {
      code: 'denied',
      message: 'the storage account devstoreaccount1 does not allow this with the key in use',
      hint: expect.stringContaining('a wrong AZURE_STORAGE_KEY'),
    })
  })

  test('no such container', async () => {
    container = 'absent'
    await everyOperationFails(azurite.settings, {
      code: 'bucket-not-found',
      message: 'the storage account devstoreaccount1 has no container absent',
      hint: expect.stringContaining('az storage container create'),
    })
  })

  test('an expired SAS', async () => {
    await everyOperationFails(withSas(sas('racwdl', -10)), {
      code: 'unauthorized',
      message: 'the SAS token for devstoreaccount1 has expired',
      hint: expect.stringMatching(/make a new one; the one in use gives racwdl until 20/),
    })
  })

  test('a SAS to read reads, and says what it lacks to write', async () => {
    await using store = await openAzure(container, withSas(`?${sas('rl', 60)}`))
    expect((await store.head('there'))?.size).toBe(5)
    expect(await Array.fromAsync(store.list(''))).toHaveLength(1)
    for (const write of [() => store.put('new', encode('x')), () => store.delete('there')]) {
      await expect(write()).rejects.toMatchObject({
        code: 'denied',
        message: `the SAS token does not allow this in devstoreaccount1/${container}`,
        hint: expect.stringMatching(
          /^it needs r and l to read, and c, w and d to write; the one in use gives rl until/,
        ),
      })
    }
  })

  test.each([
    ['in the environment', (token: string) => withSas(token)],
    ['in the endpoint', (token: string) => ({ cloud: { endpoint: `${azurite.endpoint}?${token}` }, environment: {} })],
    [
      'in a connection string',
      (token: string) => ({
        cloud: {},
        environment: {
          AZURE_STORAGE_CONNECTION_STRING: `BlobEndpoint=${azurite.endpoint};SharedAccessSignature=${token}`,
        },
      }),
    ],
  ])('a SAS %s does everything', async (_, settings) => {
    await using store = await openAzure(`${container}/prefix`, settings(sas('racwdl', 60)))
    const { etag } = await store.put('a', encode('1'), { ifNoneMatch: '*' })
    await store.put('a', encode('22'), { ifMatch: etag ?? '' })
    expect((await store.copyFrom?.(store.origin?.('a') ?? expect.fail(), 'b', { size: 2 }))?.size).toBe(2)
    expect(JSON.stringify(store.origin?.('a'))).not.toContain('sig')
    await store.delete('a')
    expect(await Array.fromAsync(store.list(''), entry => entry.kind === 'object' && entry.info.key)).toEqual(['b'])
  })

  test('a connection string with a key', async () => {
    const text = `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${accountKey};BlobEndpoint=${azurite.endpoint};`
    await using store = await openAzure(container, {
      cloud: {},
      environment: { AZURE_STORAGE_CONNECTION_STRING: text },
    })
    expect((await store.head('there'))?.size).toBe(5)
  })

  test('a SAS that expires in the middle of an upload ends it with one line, and the upload goes on with a new one', async () => {
    const content = bytesOf(Buffer.alloc(2 * usualPartBytes + 1024 * 1024, 1))
    const digest = 'sha256:c0ffee' as const // the store does not check it
    let blocks = 0
    const expired = new URLSearchParams(sas('racwdl', -10))
    await using store = await openAzure(container, withSas(sas('racwdl', 60)), (request, next) => {
      if (operationOf(request) !== 'PUT block' || ++blocks < 3) return next(request)
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 120_000 })
      const url = new URL(request.url)
      for (const [name, value] of expired) url.searchParams.set(name, value)
      return next({ ...request, url: url.href })
    })
    await expect(store.put('large', content, { content: digest })).rejects.toMatchObject({
      code: 'unauthorized',
      message: 'the SAS token for devstoreaccount1 has expired',
    })
    vi.useRealTimers()
    const sent: string[] = []
    await using again = await openAzure(container, withSas(sas('racwdl', 60)), (request, next) => {
      sent.push(operationOf(request))
      return next(request)
    })
    await again.put('large', content, { content: digest })
    expect(sent.filter(operation => operation === 'PUT block')).toHaveLength(1)
  })

  describe('an endpoint', () => {
    test('that nobody listens at', async () => {
      const cloud = { endpoint: 'http://127.0.0.1:1/devstoreaccount1' }
      await using store = await openAzure(container, { ...azurite.settings, cloud })
      await expect(store.head('there')).rejects.toMatchObject({
        code: 'network',
        message: expect.stringMatching(/^127.0.0.1:1 refuses connections \(tried 5 times/),
        hint: expect.stringContaining('http://127.0.0.1:1/devstoreaccount1'),
      })
    })

    test('that is something else', async () => {
      await using store = await openAzure(container, azurite.settings, async ({ url }) => answer(url, 404, {}))
      await expect(store.head('there')).rejects.toMatchObject({
        code: 'protocol-error',
        message: `${azurite.endpoint} does not answer like Azure Blob Storage (404)`,
      })
    })
  })

  test('a clock that is wrong', async () => {
    await using store = await openAzure(container, azurite.settings, async ({ url }) =>
      answer(url, 403, {
        'x-ms-request-id': '1',
        'x-ms-error-code': 'AuthenticationFailed',
        date: new Date(Date.now() + 20 * 60_000).toUTCString(),
      }),
    )
    await expect(store.head('there')).rejects.toMatchObject({
      code: 'unauthorized',
      message: "this machine's clock is 20 minutes behind Azure's, which refuses it",
      hint: 'set the clock',
    })
  })
})

function answer(url: string, status: number, headers: Readonly<Record<string, string>>): HttpResponse {
  return {
    status,
    url,
    headers: new Map(Object.entries(headers)),
    body: bytesOf(new Uint8Array()).open(),
    discard: async () => {},
  }
}
