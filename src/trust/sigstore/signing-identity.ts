import type { Signer } from '../signer.ts'

/** Who signs: a key, or a key with a certificate that says whose it is. */
export interface SigningIdentity {
  readonly signer: Signer
  readonly certificate?: SigningCertificate
}

export interface SigningCertificate {
  /** PEM. */
  readonly leaf: string
  /** PEM: the intermediates, and the root last. */
  readonly chain: string
}
