import { library } from '../../../src/cli/library.ts'
import { runCommandLine } from '../../../src/cli/run-command-line.ts'
import { ManualClock } from '../../cli/manual-clock.ts'
import { TextOutput } from '../../cli/text-output.ts'

export interface Ending {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs lading in this process, on skopeo's words. */
export async function runLading(words: readonly string[]): Promise<Ending> {
  const stdout = new TextOutput()
  const stderr = new TextOutput()
  const code = await runCommandLine(ownWords(words), {
    stdin: process.stdin,
    stdout,
    stderr,
    env: process.env,
    clock: new ManualClock(),
    library,
    signal: new AbortController().signal,
  })
  return { code, stdout: stdout.text, stderr: stderr.text }
}

/** What is said otherwise in lading's own words. */
function ownWords(words: readonly string[]): readonly string[] {
  const [command, ...rest] = words
  if (command !== 'copy' || rest.some(word => /^(--all|-a|--multi-arch)\b/.test(word))) return words
  return [command, '--multi-arch', 'system', ...rest]
}
