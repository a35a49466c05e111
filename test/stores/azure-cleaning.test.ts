import {
  BlobServiceClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { bytes, listed } from '../../src/testing/object-store/store-contents.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { type AzuriteServer, azuriteAccount, startAzurite } from '../services/start-azurite.ts'
import { openAzure } from './open-azure.ts'

const credential = new StorageSharedKeyCredential(azuriteAccount.account, azuriteAccount.key)

describeWithServices(['azurite-blob'], 'what Azure tells for cleaning', () => {
  let azurite: AzuriteServer
  let container: string
  beforeAll(async () => {
    azurite = await startAzurite()
  })
  afterAll(() => azurite[Symbol.asyncDispose]())
  beforeEach(async () => {
    container = await azurite.container()
  })

  test('blocks that nobody has committed are listed with their size, and left to Azure', async () => {
    await using store = await openAzure(`${container}/team`, azurite.settings)
    const stage = (name: string) =>
      azurite.client(container).getBlockBlobClient(name).stageBlock(btoa('000001'), Buffer.from('hello'), 5)
    for (const name of ['team/begun', 'teams/begun']) await stage(name)
    await store.put('empty', new Uint8Array())
    await store.put('replaced', bytes('old'))
    await stage('team/replaced')
    const [upload, ...others] = await Array.fromAsync(store.unfinished?.() ?? [])
    expect(others).toEqual([])
    expect(upload?.key).toBe('begun')
    expect(await upload?.size()).toBe(5)
    expect(upload?.remove).toBeUndefined()
    expect(await listed(store, '')).toEqual(['empty', 'replaced'])
  })

  test('soft deletion is told, and versions are not', async () => {
    await using store = await openAzure(container, azurite.settings)
    const service = new BlobServiceClient(azurite.endpoint, credential)
    await service.setProperties({ deleteRetentionPolicy: { enabled: true, days: 9 } })
    expect(await store.retention?.()).toEqual({ versions: undefined, lockedDays: 0, softDeleteDays: 9 })
    await service.setProperties({ deleteRetentionPolicy: { enabled: false } })
    expect(await store.retention?.()).toMatchObject({ softDeleteDays: 0 })
  })

  test('a SAS of the container alone is told nothing of the account', async () => {
    const sas = generateBlobSASQueryParameters(
      {
        containerName: container,
        permissions: ContainerSASPermissions.parse('rcwdl'),
        expiresOn: new Date(Date.now() + 3_600_000),
      },
      credential,
    )
    const environment = { AZURE_STORAGE_SAS_TOKEN: sas.toString() }
    await using store = await openAzure(container, { ...azurite.settings, environment })
    await store.put('a', bytes('x'))
    expect(await store.retention?.()).toMatchObject({ versions: undefined, softDeleteDays: undefined })
  })

  test('the tier of an object is its class', async () => {
    await using store = await openAzure(container, azurite.settings)
    await store.put('a', bytes('x'))
    await azurite.client(container).getBlobClient('a').setAccessTier('Cool')
    expect((await store.head('a'))?.storageClass).toBe('Cool')
    const [entry] = await Array.fromAsync(store.list(''))
    expect(entry).toMatchObject({ info: { storageClass: 'Cool' } })
  })
})
