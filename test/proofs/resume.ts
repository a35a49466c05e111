import path from 'node:path'
import { parseArgs } from 'node:util'
import { newFolder } from '../e2e/lading.ts'
import { killCopy } from '../resume/kill-copy.ts'
import { type DestinationKind, openPair, type SourceKind } from '../resume/resume-pairs.ts'
import { print } from './print.ts'

// Copies of one large layer are killed and done again, between many pairs of places. When nine tenths of 1 GiB have moved, and how much
// passes twice: `npm run proof:resume`. At random moments, and whether anything is lost: `npm run proof:resume -- --kills 100 --mib 48`.
const { values } = parseArgs({
  options: {
    mib: { type: 'string', default: '1024' },
    /** MB/s of each connection to a registry. */
    rate: { type: 'string', default: '12' },
    /** So many kills at random moments, in place of one for each pair. */
    kills: { type: 'string', default: '0' },
    only: { type: 'string', default: '' },
  },
})
const bytes = Number(values.mib) * 1024 ** 2
const bytesPerSecond = Number(values.rate) * 1e6
const kills = Number(values.kills)

interface Pair {
  readonly from: SourceKind
  readonly to: DestinationKind
  readonly lanes?: string
}

const all: readonly Pair[] = [
  { from: 'registry', to: 'directory' },
  { from: 'registry', to: 'directory', lanes: 'stream' },
  { from: 'registry', to: 'layout' },
  { from: 'registry', to: 's3' },
  { from: 'registry', to: 's3', lanes: 'stream' },
  { from: 'registry', to: 'azure' },
  { from: 'registry', to: 'gcs' },
  { from: 'registry', to: 'registry' },
  { from: 'layout', to: 's3' },
  { from: 'layout', to: 'azure' },
  { from: 'layout', to: 'gcs' },
  { from: 'layout', to: 'registry' },
]
const pairs = all.filter(({ from, to, lanes }) => `${from} ${to} ${lanes ?? ''}`.includes(values.only))

const mebibytes = (count: number) => `${(count / 1024 ** 2).toFixed(1)} MiB`
let most = { down: 0, up: 0 }

async function kill({ from, to, lanes }: Pair, share: number): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const pair = await openPair({ from, to, bytes, bytesPerSecond }, stack)
  const env = { ...pair.env, ...(lanes === undefined ? {} : { LADING_LANES: lanes }) }
  const readTo = `oci:${path.join(await newFolder(), 'read')}:v1`
  const { before, again } = await killCopy({ ...pair, env, share, readTo })
  most = { down: Math.max(most.down, again.down), up: Math.max(most.up, again.up) }
  const how = lanes === undefined ? '' : ` (${lanes})`
  const passed = `killed at ${mebibytes(before.down)} down, ${mebibytes(before.up)} up`
  print(`${pair.name}${how}: ${passed}; again ${mebibytes(again.down)} down, ${mebibytes(again.up)} up`)
}

if (kills === 0) for (const pair of pairs) await kill(pair, 0.9)
else {
  for (let count = 0; count < kills; count++) {
    const pair = pairs[count % pairs.length]
    if (pair !== undefined) await kill(pair, Math.random() * 0.98)
  }
}
print(
  `${kills || pairs.length} kills, nothing lost; moved again at most ${mebibytes(most.down)} down, ${mebibytes(most.up)} up`,
)
