import { join } from 'node:path'
import { startAzurite } from '../services/start-azurite.ts'
import { openAzure } from '../stores/open-azure.ts'
import { startRacers } from './race-processes.ts'
import { assertFair } from './tag-race.ts'

// `npm run proof:azure-race`: 20 processes race for one tag, over 50 rounds of each kind.
const processes = 20
const rounds = 50

await using azurite = await startAzurite()
const container = await azurite.container()
await using store = await openAzure(container, azurite.settings)
const worker = join(import.meta.dirname, 'azure-race-worker.ts')
await using racers = await startRacers(processes, worker, [container, JSON.stringify(azurite.settings)])
for (const immutable of [true, false]) {
  for (let round = 0; round < rounds; round++) {
    const race = { tag: `${immutable ? 'immutable' : 'mutable'}-${round}`, immutable }
    await assertFair(store, race, await racers.run(race))
  }
  const told = immutable ? 'one won, 19 were told its digest' : 'all 20 won, and the history holds 20 entries'
  process.stdout.write(`${rounds} rounds of ${processes} processes: ${told}\n`)
}
