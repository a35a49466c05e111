import { createHttpClient } from '../../src/http/index.ts'
import { readHistory, tagKeys } from '../../src/layout/index.ts'
import { startCeph } from '../services/start-ceph.ts'
import { openS3, sdkClient } from '../stores/s3-place.ts'
import { faultsOfRace, startRacers } from '../stores/s3-race.ts'
import { print } from './print.ts'

// 20 processes push to one tag of a bucket in Ceph at once, 50 times over: `npm run proof:s3-race`.
const processes = 20
const rounds = 50

await using ceph = await startCeph()
await sdkClient(ceph).createBucket({ Bucket: 'race' })
await using racers = await startRacers(ceph, 'race', processes)
print(`${processes} processes wait`)

const faults: string[] = []
for (let round = 1; round <= rounds; round++) {
  const outcomes = await racers.push(`created/${round}`, 'if-absent')
  faults.push(...faultsOfRace(outcomes).map(fault => `round ${round}: ${fault}`))
}
print(
  `--if-absent: ${rounds} rounds, in each one of ${processes} wins and ${processes - 1} are told the winner's digest`,
)

const outcomes = await racers.push('moved', 'moving')
faults.push(...outcomes.flatMap(({ won, error }) => (won ? [] : [`moving: ${error}`])))
await using http = createHttpClient()
await using store = (await openS3(ceph, { root: 'race', http, cache: '/nonexistent' })).store
const history = await readHistory(store, tagKeys('moved', 'v1').history)
if (history.length !== processes) faults.push(`the history of the moved tag has ${history.length} entries`)
print(`moving: ${outcomes.filter(({ won }) => won).length} of ${processes} succeed, the history has ${history.length}`)

for (const fault of faults) print(`FAULT ${fault}`)
process.exitCode = faults.length === 0 ? 0 : 1
