import type { KeyObject } from 'node:crypto'

/** A private key that signs: one in a file, or one that never leaves a key management service. */
export interface Signer {
  /** As a user names it, for messages; without its secrets. */
  readonly name: string
  publicKey(signal?: AbortSignal): Promise<KeyObject>
  /**
   * Signs the bytes as cosign does with a key of this kind: ECDSA over SHA-256 (P-256; SHA-384 and SHA-512 for P-384 and P-521) as ASN.1 DER,
   * RSA PKCS #1 v1.5 over SHA-256, or Ed25519.
   */
  sign(bytes: Uint8Array, signal?: AbortSignal): Promise<Uint8Array>
}
