import { type ErrorCode, isLadingError, LadingError } from '../../errors/index.ts'

/** What a signature or the image says itself, and so what is wrong with it: no reason to try again. */
const invalid: readonly ErrorCode[] = ['untrusted', 'bad-manifest', 'digest-mismatch', 'size-mismatch', 'too-large']
/** The command line, which nobody has looked at signatures for, and what has an exit code for everything. */
const usual: readonly ErrorCode[] = ['bad-argument', 'bad-reference', 'unsupported', 'interrupted']

/** What is done before a signature is looked at: whatever is wrong there says nothing of the image. */
const before: readonly (string | undefined)[] = [
  'ask for key',
  'read key',
  'read trust',
  'read trusted root',
  'use key',
]

/** An error with the exit codes of `lading verify`: 1 where a signature is missing or not valid, 2 where nobody can tell. */
export class VerifyFailure extends LadingError {
  override get exitCode(): number {
    return invalid.includes(this.code) && !before.includes(this.operation) ? 1 : 2
  }
}

/** The same error, with the exit code of `lading verify`. */
export function asVerifyFailure(error: unknown): unknown {
  if (!isLadingError(error) || usual.includes(error.code)) return error
  const { code, message, operation, side, subject, hint, status } = error
  return new VerifyFailure(code, message, { operation, side, subject, hint, status, cause: error })
}
