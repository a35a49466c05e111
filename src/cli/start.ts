import type { DialectName } from './dialects/dialect-name.ts'
import { runInProcess } from './run-in-process.ts'

/** Runs everything but `--version`: the command line of lading, or that of the tool under whose name it is called. */
export async function start(dialect: DialectName | undefined, argv: readonly string[]): Promise<void> {
  if (dialect === undefined) return await runInProcess(argv)
  const { runDialect } = await import('./dialects/run-dialect.ts')
  await runInProcess(argv, undefined, (given, context) => runDialect(dialect, given, context))
}
