import { afterAll, beforeAll, describe, test } from 'vitest'
import { objectStoreSuite } from '../../src/testing/object-store-suite.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { type AzuriteServer, startAzurite } from '../services/start-azurite.ts'
import { openAzure } from './open-azure.ts'

describeWithServices(['azurite-blob'], 'Azurite', () => {
  let azurite: AzuriteServer
  beforeAll(async () => {
    azurite = await startAzurite()
  })
  afterAll(() => azurite[Symbol.asyncDispose]())

  objectStoreSuite(
    { describe, test },
    { name: 'azure', open: async () => openAzure(await azurite.container(), azurite.settings) },
  )
})
