import type { KeyObject } from 'node:crypto'
import type { SignatureHash } from './signature-scheme.ts'

/** What is to be signed, as a service takes it. */
export type ToSign =
  | { readonly kind: 'digest'; readonly hash: SignatureHash; readonly digest: Uint8Array; readonly key: KeyObject }
  /** For Ed25519, which signs no digests. */
  | { readonly kind: 'message'; readonly message: Uint8Array; readonly key: KeyObject }

/** A key that never leaves its service. */
export interface ServiceKey {
  readonly name: string
  publicKey(signal?: AbortSignal): Promise<KeyObject>
  /** The signature as `Signer` gives it; of what `publicKey` answered before. */
  sign(what: ToSign, signal?: AbortSignal): Promise<Uint8Array>
}
