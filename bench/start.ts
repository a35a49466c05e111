// How long lading takes to start, beside Node itself, as a checkout and as it is installed: `npm run bench:start [RUNS]`
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const checkout = path.join(import.meta.dirname, '..')
const runs = Number(process.argv[2] ?? 40)
const folder = mkdtempSync(path.join(tmpdir(), 'lading-bench-'))

/** What npm would install, without its sources. */
function installed(): string {
  execFileSync(process.execPath, [path.join(checkout, 'scripts/build.ts'), path.join(folder, 'dist')])
  for (const name of ['bin', 'package.json'])
    cpSync(path.join(checkout, name), path.join(folder, name), { recursive: true })
  symlinkSync(path.join(checkout, 'node_modules'), path.join(folder, 'node_modules'))
  return path.join(folder, 'bin/lading.js')
}

const hello = `oci:${path.join(checkout, 'examples/hello')}:v1`
const lines: readonly (readonly string[])[] = [
  ['--version'],
  ['--help'],
  ['copy', '--help'],
  // there is nothing to do after the first time
  ['copy', hello, `oci:${path.join(folder, 'layout')}:v1`],
]
const bins = { installed: installed(), checkout: path.join(checkout, 'bin/lading.js') }
const programs: ReadonlyMap<string, readonly string[]> = new Map([
  ['node -e 0', ['-e', '0']],
  ...Object.entries(bins).flatMap(([place, bin]) =>
    lines.map(
      words => [`lading ${words.map(word => word.split(':')[0]).join(' ')} (${place})`, [bin, ...words]] as const,
    ),
  ),
])

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
for (const args of programs.values()) millisecondsOf(args)

// One after the other in each round, so that what slows the machine for a while slows all of them.
const rounds = Array.from({ length: runs }, () => [...programs.values()].map(millisecondsOf))

console.log(`${'median of'.padEnd(34)}${`${runs} runs`.padStart(10)}  to node`)
for (const [at, name] of [...programs.keys()].entries()) {
  const times = rounds.map(round => round[at] ?? Number.NaN)
  const ratios = rounds.map(round => (round[at] ?? Number.NaN) / (round[0] ?? Number.NaN))
  console.log(`${name.padEnd(34)}${`${median(times).toFixed(1)} ms`.padStart(10)}  ${median(ratios).toFixed(2)}×`)
}
rmSync(folder, { recursive: true })
