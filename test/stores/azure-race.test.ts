import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRacers } from '../proofs/race-processes.ts'
import { assertFair, type Outcome, race } from '../proofs/tag-race.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { type AzuriteServer, startAzurite } from '../services/start-azurite.ts'
import { openAzure } from './open-azure.ts'

// `npm run proof:azure-race` is the same with 20 processes over 50 rounds.
describeWithServices(['azurite-blob'], 'races for a tag in Azure', () => {
  let azurite: AzuriteServer
  beforeAll(async () => {
    azurite = await startAzurite()
  })
  afterAll(() => azurite[Symbol.asyncDispose]())

  test('one process makes an immutable tag and the others are told its digest; a mutable tag is made by all in turn', async () => {
    const container = await azurite.container()
    await using store = await openAzure(container, azurite.settings)
    const worker = join(import.meta.dirname, '../proofs/azure-race-worker.ts')
    await using racers = await startRacers(3, worker, [container, JSON.stringify(azurite.settings)])
    for (const immutable of [true, true, false, false]) {
      const wanted = { tag: `round-${Math.random()}`, immutable }
      await assertFair(store, wanted, await racers.run(wanted))
    }
  })

  test('many in one process, where the answer to every third tag that is written is lost', async () => {
    let written = 0
    await using store = await openAzure(await azurite.container(), azurite.settings, async (request, next) => {
      const response = await next(request)
      if (request.method !== 'PUT' || !request.url.endsWith('/manifest.json') || written++ % 3 !== 0) return response
      await response.discard()
      return await next(request) // as the HTTP client does after an answer that did not come
    })
    for (const immutable of [true, false]) {
      const wanted = { tag: immutable ? 'immutable' : 'mutable', immutable }
      const all = Array.from(
        { length: immutable ? 20 : 6 },
        (_, i): Promise<Outcome> => race(store, `racer-${i}`, wanted),
      )
      await assertFair(store, wanted, await Promise.all(all))
    }
    expect(written).toBeGreaterThan(6)
  })
})
