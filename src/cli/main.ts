import { writeSync } from 'node:fs'
import { version } from '../version.ts'
import { spokenAs } from './dialects/dialect-name.ts'

/**
 * What `bin/lading.js` calls: the command line of this process, its streams and signals.
 *
 * `--version` answers before anything else is loaded. Under the name of another tool, that tool's command line is taken.
 */
export async function main(
  words: readonly string[] = process.argv.slice(2),
  program: string = process.argv[1] ?? '',
): Promise<void> {
  const { dialect, argv } = spokenAs(program, words)
  if (dialect === undefined && argv.length === 1 && (argv[0] === '--version' || argv[0] === '-v')) {
    if (written(`lading ${version}\n`)) return
  }
  const { start } = await import('./start.ts')
  await start(dialect, argv)
}

/** Whether it could be written at once: opening `process.stdout` takes as long as all the rest of this. What could not is written and told as always. */
function written(line: string): boolean {
  try {
    return writeSync(1, line) === Buffer.byteLength(line)
  } catch {
    return false
  }
}
