import { fromFileError, LadingError } from '../../errors/index.ts'
import type { HttpClient } from '../../http/index.ts'
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
  options: SignatureOptions,
  destination: Reference,
  { http, signal }: { readonly http: () => Promise<HttpClient>; readonly signal?: AbortSignal | undefined },
): Promise<Signing> {
  const { signBy, signBySigstorePrivateKey: keyFile, signBySigstore: parameters, signers = [] } = options
  // What is given is wrong even where nobody would have used it.
  if (options.signIdentity !== undefined) signingIdentity(destination, options.signIdentity)
  const passphrase = await readPassphrase(options)
  if ([signBy, keyFile, parameters].every(one => one === undefined) && signers.length === 0) return { signers }
  if (signBy !== undefined && keyFile !== undefined && options.signPassphraseFile !== undefined) {
    throw new LadingError('bad-argument', 'there is one passphrase file, and two keys that it may be of', {
      operation: 'sign',
      hint: 'sign with one of them, or name the key of sigstore in a file of parameters',
    })
  }
  const identity = signingIdentity(destination, options.signIdentity)
  const own: ImageSigner[] = []
  if (signBy !== undefined) {
    const { openSimpleSigner } = await import('../../trust/simple-signing/open-simple-signer.ts')
    own.push(await openSimpleSigner(signBy, { environment: process.env, passphrase, signal }))
  }
  if (keyFile !== undefined || parameters !== undefined) {
    const { openKeyFileSigner, openParameterSigner } = await import('../../trust/sigstore/index.ts')
    const ask = async (file: string) => await options.askSignPassphrase?.(file)
    if (keyFile !== undefined) {
      const given = async (file: string) => passphrase ?? (await ask(file))
      own.push(await openKeyFileSigner(keyFile, { http, passphrase: given }))
    }
    if (parameters !== undefined) own.push(await openParameterSigner(parameters, { http, passphrase: ask }))
  }
  return { signers: [...own, ...signers], identity }
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
