import { afterAll, beforeAll, describe, test } from 'vitest'
import { openAzureStore } from '../../src/stores/azure/azure-store.ts'
import { checkedStore, type ObjectStore } from '../../src/stores/index.ts'
import { openHttpTestClient } from '../../src/testing/http-test-client.ts'
import { objectStoreSuite } from '../../src/testing/object-store-suite.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { type AzuriteServer, startAzurite } from '../services/start-azurite.ts'

describeWithServices(['azurite-blob'], 'Azurite', () => {
  let azurite: AzuriteServer
  beforeAll(async () => {
    azurite = await startAzurite()
  })
  afterAll(() => azurite[Symbol.asyncDispose]())

  async function open(root: string): Promise<ObjectStore> {
    const client = openHttpTestClient()
    const context = { ...azurite.settings, http: async () => client.http, warn: () => {} }
    return checkedStore(await openAzureStore(root, context), async () => await client[Symbol.asyncDispose]())
  }

  objectStoreSuite({ describe, test }, { name: 'azure', open: async () => open(await azurite.container()) })
})
