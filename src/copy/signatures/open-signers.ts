import { fromFileError, LadingError } from '../../errors/index.ts'
import { readSmallFile } from '../../streams/index.ts'
import type { Reference } from '../../transports/index.ts'
import type { ImageSigner } from '../../trust/image-signer.ts'
import type { SignatureOptions } from './signature-options.ts'
import { signingIdentity } from './signing-identity.ts'

/** Who signs the copy, and for which name. */
export interface Signing {
  readonly signers: readonly ImageSigner[]
  /** Absent where nobody signs. */
  readonly identity?: string
}

/**
 * Finds the keys, before anything is asked of anybody else.
 *
 * @throws LadingError `bad-argument`, `program-not-found`, `program-failed`, `io`
 */
export async function openSigners(
  { signBy, signIdentity, signers = [], ...options }: SignatureOptions,
  destination: Reference,
  signal: AbortSignal | undefined,
): Promise<Signing> {
  // What is given is wrong even where nobody would have used it.
  if (signIdentity !== undefined) signingIdentity(destination, signIdentity)
  const passphrase = await readPassphrase(options)
  if (signBy === undefined && signers.length === 0) return { signers }
  const identity = signingIdentity(destination, signIdentity)
  if (signBy === undefined) return { signers, identity }
  const { openSimpleSigner } = await import('../../trust/simple-signing/open-simple-signer.ts')
  const own = await openSimpleSigner(signBy, { environment: process.env, passphrase, signal })
  return { signers: [own, ...signers], identity }
}

/** @throws LadingError `io` */
export async function readPassphrase({
  signPassphrase,
  signPassphraseFile,
}: Pick<SignatureOptions, 'signPassphrase' | 'signPassphraseFile'>): Promise<string | undefined> {
  if (signPassphrase !== undefined || signPassphraseFile === undefined) return signPassphrase
  try {
    // as it is written, but for the line's end
    return (await readSmallFile(signPassphraseFile)).toString().replace(/\n$/, '')
  } catch (error) {
    const details = { operation: 'read passphrase', subject: signPassphraseFile, side: 'local' } as const
    const failure = fromFileError(error, details)
    if (!(failure instanceof LadingError)) throw failure
    throw new LadingError(failure.code, failure.message, {
      ...details,
      cause: error,
      hint: 'check the path of --sign-passphrase-file',
    })
  }
}
