import { systemCode } from '../errors/index.ts'
import { systemClock } from './clock.ts'
import type { CommandContext } from './context.ts'
import { failedOutput } from './failed-output.ts'
import { listenForInterrupt } from './interrupt.ts'
import { keepHeapSmall } from './keep-heap-small.ts'
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
  using _ = keepHeapSmall()
  const { stdout, stderr, env } = process
  let goesOn = false
  stdout.on('error', error => {
    if (!goesOn || systemCode(error) !== 'EPIPE') failedOutput(error)
  })
  // who reads our stderr no more has lost nothing that the run is for
  stderr.on('error', () => undefined)
  const interrupt = listenForInterrupt(process)
  try {
    const finishUnread = () => {
      goesOn = true
    }
    const streams = { stdin: () => process.stdin, stdout, stderr, env }
    const context = { ...streams, clock: systemClock, library: commands, signal: interrupt.signal, finishUnread }
    process.exitCode = await run(argv, context)
  } finally {
    interrupt.stop()
  }
}
