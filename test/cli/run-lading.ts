import { Readable } from 'node:stream'
import type { CommandContext } from '../../src/cli/context.ts'
import type { Library } from '../../src/cli/library.ts'
import { runCommandLine } from '../../src/cli/run-command-line.ts'
import { ManualClock } from './manual-clock.ts'
import { TextOutput } from './text-output.ts'

interface Run {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

interface Surroundings {
  readonly library?: Partial<Library>
  readonly env?: NodeJS.ProcessEnv
  readonly stdin?: string
  readonly signal?: AbortSignal
  readonly stderr?: TextOutput
  readonly clock?: ManualClock
}

/** Runs a command line in this process, on a library made of the functions given. */
export async function runLading(argv: readonly string[], surroundings: Surroundings = {}): Promise<Run> {
  const { library = {}, env = {}, stdin = '', signal = new AbortController().signal } = surroundings
  const stdout = new TextOutput()
  const stderr = surroundings.stderr ?? new TextOutput()
  const context: CommandContext = {
    // commands read it and ask whether it is a terminal, which this is not
    stdin: () => Readable.from([Buffer.from(stdin)]) as unknown as NodeJS.ReadStream,
    stdout,
    stderr,
    env,
    clock: surroundings.clock ?? new ManualClock(),
    // a function that the test did not give is a TypeError, which the exit code and stderr show
    library: library as Library,
    signal,
  }
  const exit = await runCommandLine(argv, context)
  return { exit, stdout: stdout.text, stderr: stderr.text }
}
