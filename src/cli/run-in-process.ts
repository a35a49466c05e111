import { systemClock } from './clock.ts'
import type { CommandContext } from './context.ts'
import { failedOutput } from './failed-output.ts'
import { listenForInterrupt } from './interrupt.ts'
import { type Library, library } from './library.ts'

/** What reads a command line, and gives its exit code. */
export type CommandLine = (argv: readonly string[], context: CommandContext) => Promise<number>

const lading: CommandLine = async (argv, context) =>
  (await import('./run-command-line.ts')).runCommandLine(argv, context)

/** Runs a command line on this process's streams and signals, and leaves its exit code. */
export async function runInProcess(
  argv: readonly string[],
  commands: Library = library,
  run: CommandLine = lading,
): Promise<void> {
  const { stdin, stdout, stderr, env } = process
  stdout.on('error', failedOutput)
  // who reads our stderr no more has lost nothing that the run is for
  stderr.on('error', () => undefined)
  const interrupt = listenForInterrupt(process)
  try {
    const context = { stdin, stdout, stderr, env, clock: systemClock, library: commands, signal: interrupt.signal }
    process.exitCode = await run(argv, context)
  } finally {
    interrupt.stop()
  }
}
