import { LadingError } from '../errors/index.ts'
import type { OptionSpec } from './options.ts'

const refused: OptionSpec<undefined> = {
  value: 'FINGERPRINT',
  description: 'Refused: signing with Sequoia-PGP.',
  hidden: true,
  read(words, flag) {
    if (words.length === 0) return undefined
    throw new LadingError(
      'unsupported',
      `${flag}: Sequoia-PGP is not used; --sign-by makes the same signature with GnuPG`,
    )
  },
}

/** skopeo's option that is known in order to be refused: an image is not thought to be signed that is not. */
export const sequoiaOption = { signBySqFingerprint: refused } as const
