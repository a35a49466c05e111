import { LadingError } from '../../../errors/index.ts'
import { type Environment, findProgram } from '../../../transports/programs/find-program.ts'
import { runProgram } from '../../../transports/programs/run-program.ts'

/** The public keys of GnuPG whose names contain this; none are no error. */
export async function exportPublicKeys(
  name: string,
  environment: Environment,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const program = (await findProgram('gpg', environment)) ?? (await findProgram('gpg2', environment))
  if (program === undefined) {
    throw new LadingError('program-not-found', 'gpg is not installed', {
      operation: 'read the encryption keys',
      hint: 'the keys of pgp: recipients are in the keyring of GnuPG',
    })
  }
  // With a star a name is never taken for a pattern of another kind, nor for an option.
  const args = ['--batch', '--no-tty', '--quiet', '--export', '--', `*${name}`]
  return await runProgram({ program, args, environment, signal })
}
