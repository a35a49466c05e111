import { fromFileError, systemCode } from '../errors/index.ts'
import { systemClock } from './clock.ts'
import { listenForInterrupt } from './interrupt.ts'
import { type Library, library } from './library.ts'
import { asLadingError, renderError } from './render-error.ts'
import { runCommandLine } from './run-command-line.ts'
import { styleFor } from './style.ts'

/** Runs a command line on this process's streams and signals, and leaves its exit code. */
export async function runInProcess(argv: readonly string[], commands: Library = library): Promise<void> {
  const { stdin, stdout, stderr, env } = process
  stdout.on('error', failedOutput)
  // who reads our stderr no more has lost nothing that the run is for
  stderr.on('error', () => undefined)
  const interrupt = listenForInterrupt(process)
  try {
    const context = { stdin, stdout, stderr, env, clock: systemClock, library: commands, signal: interrupt.signal }
    process.exitCode = await runCommandLine(argv, context)
  } finally {
    interrupt.stop()
  }
}

/** A reader that has seen enough (`| head`) is no failure. A full disk is. Results come last, so there is nothing to undo. */
function failedOutput(error: Error): never {
  if (systemCode(error) === 'EPIPE') process.exit(0)
  const failure = asLadingError(fromFileError(error, { operation: 'write', subject: 'standard output', side: 'local' }))
  process.stderr.write(renderError(failure, styleFor(process.stderr, process.env)))
  process.exit(failure.exitCode)
}
