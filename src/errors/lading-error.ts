import { type ErrorCode, type ErrorCodeEntry, errorCodes } from './codes.ts'

/** Where something failed: at the source, at the destination, or on this machine. */
export type Side = 'source' | 'destination' | 'local'

export interface ErrorDetails {
  /** What was being done, as a verb phrase: `read manifest`, `upload blob`. */
  operation?: string | undefined
  side?: Side | undefined
  /** What it was done to: a reference, a digest, a key, a path. */
  subject?: string | undefined
  /** What the user can do about it. Default: the code's own hint. */
  hint?: string | undefined
  cause?: unknown
  /** The HTTP status that the other side answered, where one did. */
  status?: number | undefined
  /** What the other side asked to wait before it is asked again. */
  retryAfterMs?: number | undefined
}

/** What was tried before it was given up. */
export interface Tried {
  readonly attempts: number
  /** From the first of them to the end of the last. */
  readonly milliseconds: number
  /** The other side asks for a wait that is longer than any that is waited. */
  readonly askedMs?: number | undefined
}

/**
 * The one error that lading throws.
 *
 * `message` says what is wrong in one line; `operation`, `side` and `subject` say where; `hint` says what to do.
 * Secrets never stand in any of them.
 */
export class LadingError extends Error {
  override readonly name = 'LadingError'
  readonly code: ErrorCode
  readonly operation: string | undefined
  readonly side: Side | undefined
  readonly subject: string | undefined
  readonly hint: string | undefined
  readonly status: number | undefined
  readonly retryAfterMs: number | undefined
  /** It was tried again as often as is of use, and given up: whoever tries it once more multiplies those attempts. */
  readonly tried: Tried | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails & { readonly tried?: Tried | undefined } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    const entry: ErrorCodeEntry = errorCodes[code]
    this.code = code
    this.operation = details.operation
    this.side = details.side
    this.subject = details.subject
    this.hint = details.hint ?? entry.hint
    this.status = details.status
    this.retryAfterMs = details.retryAfterMs
    this.tried = details.tried
  }

  get exitCode(): number {
    return errorCodes[this.code].exit
  }

  /** Whether doing the same thing again can help. */
  get retryable(): boolean {
    return errorCodes[this.code].retryable
  }

  /** The same error with what the caller knows and the thrower did not. What is already said stays. */
  with(details: Pick<ErrorDetails, 'operation' | 'side' | 'subject' | 'hint'>): LadingError {
    return this.#like(this.message, { ...details, tried: this.tried })
  }

  /** The same error once what it is of is given up. Its message says how often that was tried, where it was more than once. */
  afterTrying(tried: Tried | undefined): LadingError {
    if (tried === undefined || this.tried !== undefined) return this
    const { attempts, milliseconds, askedMs } = tried
    const said = [
      ...(attempts > 1 ? [`tried ${attempts} times in ${Math.round(milliseconds / 100) / 10} s`] : []),
      ...(askedMs === undefined ? [] : [`it asks to wait ${Math.round(askedMs / 1000)} s`]),
    ]
    return this.#like(said.length === 0 ? this.message : `${this.message} (${said.join('; ')})`, { tried })
  }

  #like(message: string, details: ErrorDetails & { readonly tried: Tried | undefined }): LadingError {
    const same = new LadingError(this.code, message, {
      operation: this.operation ?? details.operation,
      side: this.side ?? details.side,
      subject: this.subject ?? details.subject,
      hint: this.hint ?? details.hint,
      cause: this.cause,
      status: this.status,
      retryAfterMs: this.retryAfterMs,
      tried: details.tried,
    })
    if (this.stack !== undefined) same.stack = this.stack
    return same
  }
}

/** Whether `error` is a LadingError, of one of these codes if any are named. */
export function isLadingError(error: unknown, ...codes: ErrorCode[]): error is LadingError {
  return error instanceof LadingError && (codes.length === 0 || codes.includes(error.code))
}
