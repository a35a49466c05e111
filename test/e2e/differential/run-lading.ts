import { runDialect } from '../../../src/cli/dialects/run-dialect.ts'
import { library } from '../../../src/cli/library.ts'
import { ManualClock } from '../../cli/manual-clock.ts'
import { TextOutput } from '../../cli/text-output.ts'

export interface Ending {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs `lading skopeo` in this process. */
export async function runLading(words: readonly string[]): Promise<Ending> {
  const stdout = new TextOutput()
  const stderr = new TextOutput()
  const code = await runDialect('skopeo', words, {
    stdin: () => process.stdin,
    stdout,
    stderr,
    env: process.env,
    clock: new ManualClock(),
    library,
    signal: new AbortController().signal,
  })
  return { code, stdout: stdout.text, stderr: stderr.text }
}
