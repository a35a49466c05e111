import { parseArgs } from 'node:util'
import { killCopy } from '../resume/kill-copy.ts'
import { type DestinationKind, openPair, type SourceKind } from '../resume/resume-pairs.ts'
import { print } from './print.ts'

// A copy of one layer of 1 GiB is killed when nine tenths have moved, and done again: `npm run proof:resume -- --mib 1024 --rate 12`.
const { values } = parseArgs({
  options: {
    mib: { type: 'string', default: '1024' },
    /** MB/s of each connection to a registry. */
    rate: { type: 'string', default: '12' },
    only: { type: 'string', default: '' },
  },
})
const bytes = Number(values.mib) * 1024 ** 2
const bytesPerSecond = Number(values.rate) * 1e6
const pairs: readonly (readonly [SourceKind, DestinationKind, lanes?: string])[] = [
  ['registry', 'directory'],
  ['registry', 'directory', 'stream'],
  ['registry', 'layout'],
  ['registry', 's3'],
  ['registry', 's3', 'stream'],
  ['registry', 'azure'],
  ['registry', 'gcs'],
  ['registry', 'registry'],
  ['layout', 's3'],
  ['layout', 'azure'],
  ['layout', 'gcs'],
  ['layout', 'registry'],
]
const mebibytes = (count: number) => `${(count / 1024 ** 2).toFixed(1)} MiB`
let most = 0
for (const [from, to, lanes] of pairs) {
  if (!`${from} ${to} ${lanes ?? ''}`.includes(values.only)) continue
  await using stack = new AsyncDisposableStack()
  const pair = await openPair({ from, to, bytes, bytesPerSecond }, stack)
  const env = { ...pair.env, ...(lanes === undefined ? {} : { LADING_LANES: lanes }) }
  const { before, again } = await killCopy({ ...pair, env, share: 0.9 })
  most = Math.max(most, again.down + again.up)
  print(
    `${pair.name}${lanes === undefined ? '' : ` (${lanes})`}: killed at ${mebibytes(before.down)} down, ${mebibytes(before.up)} up; again ${mebibytes(again.down)} down, ${mebibytes(again.up)} up`,
  )
}
print(`moved again at most: ${mebibytes(most)}`)
