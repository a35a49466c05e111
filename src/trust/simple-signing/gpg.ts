import { LadingError } from '../../errors/index.ts'
import { findProgram } from '../../transports/programs/find-program.ts'
import { lastWords, runProgram } from '../../transports/programs/run-program.ts'

/** How GnuPG is run: with the user's own keys, or those of GNUPGHOME. */
export interface GpgRun {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs `gpg` to its end, and gives what it wrote to its standard output.
 *
 * @param operation what it does, for messages
 * @throws LadingError `program-not-found`; `program-failed` in GnuPG's own words
 */
export async function runGpg(
  args: readonly string[],
  operation: string,
  { environment, signal, input }: GpgRun & { readonly input?: Uint8Array | undefined },
): Promise<Uint8Array> {
  const program = await findProgram('gpg', environment)
  if (program === undefined) {
    throw new LadingError('program-not-found', 'gpg is not on the PATH', {
      operation,
      side: 'local',
      hint: 'install GnuPG (the package gnupg): the keys that images are signed with are in its hands',
    })
  }
  return await runProgram({
    program,
    args: ['--batch', '--no-tty', ...args],
    environment,
    signal,
    input,
    explain: complaint =>
      new LadingError('program-failed', `gpg says: ${lastWords(complaint).replaceAll(/\s*\n\s*/g, '; ')}`, {
        operation,
        side: 'local',
        hint: whatToDo(complaint),
      }),
  })
}

function whatToDo(complaint: string): string {
  if (/bad passphrase/i.test(complaint)) return 'check the passphrase in the file of --sign-passphrase-file'
  if (/no pinentry|inappropriate ioctl|no such device|cannot open.*tty/i.test(complaint))
    return 'the key has a passphrase, and the agent can ask nobody: give it with --sign-passphrase-file, or set GPG_TTY'
  if (/no secret key|unusable secret key/i.test(complaint))
    return 'see with `gpg --list-secret-keys` which keys there are, and whether they can sign'
  return 'try `gpg --sign` with the same key; GNUPGHOME says where the keys are'
}
