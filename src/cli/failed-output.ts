import { fromFileError, systemCode } from '../errors/index.ts'
import { asLadingError, renderError } from './render-error.ts'
import { styleFor } from './style.ts'

/**
 * A reader that has seen enough (`| head`) is no failure, and does not turn one into a success. A full disk is one. Results come last, so there is
 * nothing to undo; see `finishUnread`.
 */
export function failedOutput(error: Error): never {
  if (systemCode(error) === 'EPIPE') process.exit(process.exitCode ?? 0)
  const failure = asLadingError(fromFileError(error, { operation: 'write', subject: 'standard output', side: 'local' }))
  process.stderr.write(renderError(failure, styleFor(process.stderr, process.env)))
  process.exit(failure.exitCode)
}
