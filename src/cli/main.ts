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
  if (dialect !== undefined) {
    const { runInProcess } = await import('./run-in-process.ts')
    const { runDialect } = await import('./dialects/run-dialect.ts')
    return await runInProcess(argv, undefined, (given, context) => runDialect(dialect, given, context))
  }
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-v')) {
    process.stdout.on('error', async error => (await import('./failed-output.ts')).failedOutput(error))
    process.stdout.write(`lading ${version}\n`)
    return
  }
  const { runInProcess } = await import('./run-in-process.ts')
  await runInProcess(argv)
}
