import { LadingError } from '../../errors/index.ts'
import { type Digest, digestOf } from '../../model/digest.ts'
import type { KeyContext } from '../../trust/signers/key-context.ts'
import { openSigner } from '../../trust/signers/open-signer.ts'
import {
  findIdentityToken,
  publicKeyBytes,
  requestCertificate,
  type SigningIdentity,
} from '../../trust/sigstore/index.ts'
import type { SignOptions } from './sign-options.ts'

/** A signer whose public key is known: its service has answered. */
export interface NamedSigner {
  readonly identity: SigningIdentity
  readonly name: string
  /** Of SubjectPublicKeyInfo. */
  readonly keyDigest: Digest
}

/** sigstore's own services, which everybody can use. */
const publicFulcio = 'https://fulcio.sigstore.dev'
export const publicRekor = 'https://rekor.sigstore.dev'

/**
 * Everybody who is to sign.
 *
 * @throws LadingError `bad-argument` where nobody is named; `bad-key`, and what the services throw
 */
export async function openSigners(options: SignOptions, context: KeyContext): Promise<readonly NamedSigner[]> {
  const { keys = [], keyless, signal } = options
  if (keyless === undefined && keys.length === 0) {
    throw new LadingError('bad-argument', 'nobody is named who signs', { hint: 'name a key' })
  }
  if (keyless !== undefined) return [await nameSigner(await certified(options, context), signal)]
  const signers: NamedSigner[] = []
  // One after the other: two may ask for a passphrase.
  for (const key of keys) signers.push(await nameSigner({ signer: await openSigner(key, context) }, signal))
  return signers
}

async function nameSigner(identity: SigningIdentity, signal: AbortSignal | undefined): Promise<NamedSigner> {
  const { signer } = identity
  return { identity, name: signer.name, keyDigest: digestOf(publicKeyBytes(await signer.publicKey(signal))) }
}

async function certified(
  { keyless = {}, signal }: SignOptions,
  { http, environment }: KeyContext,
): Promise<SigningIdentity> {
  const token = keyless.identityToken ?? (await findIdentityToken(http, environment, signal))
  return await requestCertificate(await http(), keyless.fulcioUrl ?? publicFulcio, token, signal)
}
