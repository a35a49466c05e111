// Measures lading beside its peers: `npm run bench -- --help`
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { benchUsage, parseBenchOptions } from './bench-options.ts'
import { renderReport } from './bench-report.ts'
import { runBench } from './run-bench.ts'

const args = process.argv.slice(2)
const parsed = () => {
  try {
    return parseBenchOptions(args)
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${benchUsage}`)
    process.exit(64)
  }
}
if (args.includes('--help') || args.includes('-h')) {
  process.stdout.write(benchUsage)
} else {
  const options = parsed()
  const disk = mkdtempSync(path.join(os.tmpdir(), 'bench-'))
  // What is measured is the programs, not the disk. Everything that is started here finds this as its temporary folder.
  const memory = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir(), 'bench-'))
  process.env.TMPDIR = memory
  process.once('exit', () => {
    for (const folder of [disk, memory]) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  console.error(`works in ${memory} and ${disk}`)
  const stopped = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // the second one does not wait for servers
    process.on(signal, () =>
      stopped.signal.aborted ? process.exit(130) : stopped.abort(new Error(`stopped by ${signal}`)),
    )
  }
  const report = await runBench(options, {
    folder: memory,
    diskFolder: disk,
    signal: stopped.signal,
    say: text => console.error(text),
  })
  const text = renderReport(report)
  process.stdout.write(text)
  if (options.markdown !== undefined) await writeFile(options.markdown, text)
  if (options.json !== undefined)
    await writeFile(options.json, `${JSON.stringify({ ...report, options }, undefined, 2)}\n`)
  if (stopped.signal.aborted) process.exitCode = 130
}
