import { LadingError } from '../../../errors/index.ts'
import { flagOf } from '../../command.ts'

/** Options that skopeo has and lading has not yet, each with what is missing. One that is done leaves this table. */
const absent = {
  signBySqFingerprint:
    'it needs Sequoia-PGP; --sign-by signs with a key of GnuPG, which makes the same kind of signature',
} as const

/** @throws LadingError `unsupported` for an option that was given and is not there yet */
export function refuseAbsent(input: Readonly<Record<string, unknown>>): void {
  for (const [key, hint] of Object.entries(absent)) {
    const value = input[key]
    const given = Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false && value !== 0
    if (given) throw new LadingError('unsupported', `${flagOf(key)} is not there yet`, { hint })
  }
}
