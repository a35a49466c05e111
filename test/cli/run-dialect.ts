import { Readable } from 'node:stream'
import type { CommandContext } from '../../src/cli/context.ts'
import type { DialectName } from '../../src/cli/dialects/dialect-name.ts'
import { runDialect } from '../../src/cli/dialects/run-dialect.ts'
import type { Library } from '../../src/cli/library.ts'
import { ManualClock } from './manual-clock.ts'
import { TextOutput } from './text-output.ts'

/** Runs another tool's command line in this process, on a library made of the functions given. Times in its log are `T`. */
export async function runAs(
  name: DialectName,
  argv: readonly string[],
  library: Partial<Library> = {},
  { clock = new ManualClock(), signal = new AbortController().signal, env = {} as NodeJS.ProcessEnv } = {},
): Promise<{ exit: number; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new TextOutput(), new TextOutput()]
  const context: CommandContext = {
    stdin: () => Readable.from([]) as unknown as NodeJS.ReadStream,
    stdout,
    stderr,
    env,
    clock,
    // a function that the test did not give is a TypeError, which the exit code and stderr show
    library: library as Library,
    signal,
  }
  const exit = await runDialect(name, argv, context)
  return { exit, stdout: stdout.text, stderr: stderr.text.replaceAll(/^time="[^"]*"/gm, 'time=T') }
}
