import type { ImageSignature } from '../image-signature.ts'
import type { SigstoreTrust } from '../sigstore/verify-attachment.ts'

/** What a signature says, by somebody who is trusted: it is for this image, and this manifest. */
export interface SignedClaim {
  readonly dockerReference: string
  readonly manifestDigest: string
}

export type SigstoreSignature = ImageSignature & { readonly format: 'sigstore' }

/** Both MUST throw where the signature is not by whom is trusted, and say nothing of what it claims before they know that. */
export interface SignatureVerifiers {
  /** @throws LadingError why it is not accepted */
  simple(signature: Uint8Array, keyrings: readonly Uint8Array[]): Promise<SignedClaim>
  /** @throws LadingError why it is not accepted */
  sigstore(signature: SigstoreSignature, trust: SigstoreTrust): Promise<SignedClaim>
}
