// How long lading takes to start, beside Node itself: `npm run bench:start [RUNS]`
import { spawnSync } from 'node:child_process'
import path from 'node:path'

const bin = path.join(import.meta.dirname, '../bin/lading.js')
const runs = Number(process.argv[2] ?? 40)

const programs: Readonly<Record<string, readonly string[]>> = {
  'node -e 0': ['-e', '0'],
  'lading --version': [bin, '--version'],
  'lading --help': [bin, '--help'],
  'lading copy --help': [bin, 'copy', '--help'],
}

function millisecondsOf(args: readonly string[]): number {
  const started = performance.now()
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' })
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`)
  return performance.now() - started
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

// The first run of each fills the caches of the disk and of the compiler.
for (const args of Object.values(programs)) millisecondsOf(args)

// One after the other in each round, so that what slows the machine for a while slows all of them.
const rounds = Array.from({ length: runs }, () => Object.values(programs).map(millisecondsOf))

console.log(`${'median of'.padEnd(20)}${`${runs} runs`.padStart(10)}  to node`)
for (const [at, name] of Object.keys(programs).entries()) {
  const times = rounds.map(round => round[at] ?? Number.NaN)
  const ratios = rounds.map(round => (round[at] ?? Number.NaN) / (round[0] ?? Number.NaN))
  console.log(`${name.padEnd(20)}${`${median(times).toFixed(1)} ms`.padStart(10)}  ${median(ratios).toFixed(2)}×`)
}
