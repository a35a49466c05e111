import { type Digest, digestOf } from '../../model/digest.ts'
import type { Signer } from '../../trust/signer.ts'
import { publicKeyBytes } from '../../trust/sigstore/read-public-key.ts'

/** A signer whose public key is known: its service has answered. */
export interface NamedSigner {
  readonly signer: Signer
  /** Of SubjectPublicKeyInfo. */
  readonly keyDigest: Digest
}

export async function nameSigner(signer: Signer, signal: AbortSignal | undefined): Promise<NamedSigner> {
  return { signer, keyDigest: digestOf(publicKeyBytes(await signer.publicKey(signal))) }
}
