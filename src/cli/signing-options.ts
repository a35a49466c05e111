import { LadingError } from '../errors/index.ts'
import type { OptionSpec } from './options.ts'

/** skopeo's options for signatures, which are known in order to be refused: an image is not thought to be signed that is not. */
export const signingOptions = {
  signBySqFingerprint: refused('FINGERPRINT', 'signing'),
} as const

function refused(value: string, what: 'signing'): OptionSpec<undefined> {
  return {
    value,
    description: `Refused: ${what} cannot be done yet.`,
    hidden: true,
    read(words, flag) {
      if (words.length === 0) return undefined
      throw new LadingError('unsupported', `${flag}: ${what} cannot be done yet`, {
        hint: `leave it out, and use skopeo for ${what}`,
      })
    },
  }
}
