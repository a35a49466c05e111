import { limits } from '../model/limits.ts'
import { readAll } from '../streams/index.ts'
import type { Environment } from '../transports/programs/find-program.ts'
import { programOutput } from '../transports/programs/run-program.ts'
import type { Scanner } from './find-scanner.ts'

export interface ScannerRun {
  readonly scanner: Scanner
  readonly args: readonly string[]
  readonly environment: Environment
  /** What it ends with where it has found what it was to look for. */
  readonly foundCode?: number
  /** Hears what the scanner says while it works, line by line. */
  readonly hear?: ((line: string) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs a scanner to its end. No shell is in between.
 *
 * @returns what it wrote, and whether it ended with `foundCode`
 * @throws LadingError `program-failed` with its last words; `too-large`
 */
export async function runScanner(run: ScannerRun): Promise<{ readonly output: Uint8Array; readonly found: boolean }> {
  const { scanner, args, environment, foundCode, hear, signal } = run
  let found = false
  const lines = hear === undefined ? undefined : lineReader(hear)
  const output = programOutput({
    program: scanner.path,
    args,
    environment,
    signal,
    ...(lines === undefined ? {} : { hear: lines.take }),
    isAnswer(exitCode) {
      found = exitCode === foundCode
      return found
    },
  })
  const bytes = await readAll(output, limits.scanReportBytes, `what ${scanner.name} reported`)
  lines?.end()
  return { output: bytes, found }
}

/** What stands between line ends, also those with which a line is drawn over. */
function lineReader(hear: (line: string) => void) {
  const decoder = new TextDecoder()
  let rest = ''
  return {
    take(bytes: Uint8Array): void {
      const lines = `${rest}${decoder.decode(bytes, { stream: true })}`.split(/[\r\n]+/)
      rest = (lines.pop() ?? '').slice(-limits.daemonLineCharacters)
      for (const line of lines) if (line.trim() !== '') hear(line)
    },
    end(): void {
      if (rest.trim() !== '') hear(rest)
    },
  }
}
