import { LadingError } from '../../errors/index.ts'
import { type GpgRun, runGpg } from './gpg.ts'

/**
 * The fingerprint of the one secret key that GnuPG knows by this name: a fingerprint, a key ID, or a part of a user's name.
 *
 * @throws LadingError `bad-argument` where there is none, or several: an image is not signed with a key that nobody chose
 */
export async function findSigningKey(name: string, gpg: GpgRun): Promise<string> {
  const details = { operation: 'find signing key', subject: name, side: 'local' } as const
  let listed: string
  try {
    const args = ['--with-colons', '--fingerprint', '--list-secret-keys', '--', name]
    listed = Buffer.from(await runGpg(args, details.operation, gpg)).toString()
  } catch (cause) {
    if (
      !(
        cause instanceof LadingError &&
        cause.code === 'program-failed' &&
        /no secret key|not found/i.test(cause.message)
      )
    )
      throw cause
    throw new LadingError('bad-argument', 'GnuPG has no secret key of this name', {
      ...details,
      cause,
      hint: 'see with `gpg --list-secret-keys` which there are; GNUPGHOME says where they are looked for',
    })
  }
  const fingerprints = primaryFingerprints(listed)
  const [fingerprint, ...others] = fingerprints
  if (fingerprint !== undefined && others.length === 0) return fingerprint
  throw new LadingError('bad-argument', `GnuPG has ${fingerprints.length} secret keys of this name`, {
    ...details,
    hint: 'name the one by its fingerprint',
  })
}

/** Of `sec` lines, each of which a line `fpr` follows before that of the next key: GnuPG's doc/DETAILS. */
function primaryFingerprints(listed: string): string[] {
  const records = listed.split('\n').map(line => line.split(':'))
  return records.flatMap(([type], at) => {
    if (type !== 'sec') return []
    const fingerprint = records.slice(at + 1).find(([next]) => next === 'fpr')?.[9]
    return fingerprint === undefined ? [] : [fingerprint]
  })
}
