import type { ImageSignature } from '../image-signature.ts'

/** What a signature says, by somebody who is trusted: it is for this image, and this manifest. */
export interface SignedClaim {
  readonly dockerReference: string
  readonly manifestDigest: string
}

/** Whom sigstore's signatures have to be by: PEM files, as a policy names them. Keys, Fulcio or a PKI are given. */
export interface SigstoreTrust {
  readonly keys?: readonly string[]
  readonly fulcio?: { readonly ca: string; readonly oidcIssuer: string; readonly subjectEmail: string }
  readonly pki?: {
    readonly roots: string
    readonly intermediates?: string
    readonly subjectEmail?: string
    readonly subjectHostname?: string
  }
  /** Given: the signature has to be in a log of one of these keys. */
  readonly rekorKeys?: readonly string[]
}

export type SigstoreSignature = ImageSignature & { readonly format: 'sigstore' }

/** Both MUST throw where the signature is not by whom is trusted, and say nothing of what it claims before they know that. */
export interface SignatureVerifiers {
  /** @throws LadingError why it is not accepted */
  simple(signature: Uint8Array, keyrings: readonly Uint8Array[]): Promise<SignedClaim>
  /** @throws LadingError why it is not accepted */
  sigstore(signature: SigstoreSignature, trust: SigstoreTrust): Promise<SignedClaim>
}
