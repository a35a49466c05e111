import { version } from '../version.ts'

/**
 * What `bin/lading.js` calls: the command line of this process, its streams and signals.
 *
 * `--version` answers before anything else is loaded.
 */
export async function main(argv: readonly string[] = process.argv.slice(2)): Promise<void> {
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-v')) {
    process.stdout.on('error', async error => (await import('./failed-output.ts')).failedOutput(error))
    process.stdout.write(`lading ${version}\n`)
    return
  }
  const { runInProcess } = await import('./run-in-process.ts')
  await runInProcess(argv)
}
