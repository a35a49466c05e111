import { LadingError } from '../errors/index.ts'
import { hideSecrets } from '../errors/known-secrets.ts'
import { printable, printableJson, printableLines } from './printable.ts'
import type { styleFor } from './style.ts'

/** Any failure as a LadingError: what lading did not foresee is a defect of lading, and says so. */
export function asLadingError(error: unknown): LadingError {
  if (error instanceof LadingError) return error
  return new LadingError('internal', `unexpected error: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
    hint: 'this is a defect in lading; LADING_DEBUG=1 shows where it happened, and a report with that is welcome',
  })
}

/** `lading: <operation> <subject> (<side>): <message>`, then the hint on a line of its own. */
export function renderError(error: LadingError, style: ReturnType<typeof styleFor>): string {
  const { operation, subject, side, hint } = error
  const where = [operation, subject, side === undefined ? undefined : `(${side})`].filter(part => part !== undefined)
  const place = where.length === 0 ? '' : `${where.join(' ')}: `
  const lines = [`${style.red('lading:')} ${printable(place + error.message)}`]
  if (hint !== undefined) lines.push(style.dim(`  hint: ${printable(hint)}`))
  return `${lines.join('\n')}\n`
}

/** The same for a script: one object on one line. Its words are stable. */
export function renderErrorJson({ code, message, operation, side, subject, hint }: LadingError): string {
  return `${printableJson({ error: { code, message, operation, side, subject, hint } })}\n`
}

/** The stack of an error and of everything that caused it, for LADING_DEBUG. */
export function renderStack(error: unknown): string {
  const stacks: string[] = []
  const seen = new Set<unknown>()
  for (let one = error; one instanceof Error && !seen.has(one); one = one.cause) {
    seen.add(one)
    stacks.push(one.stack ?? one.message)
  }
  return `${printableLines(hideSecrets(stacks.join('\ncaused by: ')))}\n`
}
