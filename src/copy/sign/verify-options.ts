import type { Digest } from '../../model/digest.ts'
import type { SessionOptions } from '../session.ts'

export interface VerifyOptions extends SessionOptions {
  /** Each of them must have signed: public keys in files or `env://`, private keys, or keys in services. */
  readonly keys?: readonly string[] | undefined
  /** For a private key that is encrypted, where its public key is wanted. */
  readonly passphrase?: ((key: string) => Promise<string>) | undefined
  /** Whose certificate must have signed, in the place of keys. */
  readonly identity?: ExpectedIdentity | undefined
  /**
   * The file of the authorities and logs that are trusted: `trusted_root.json`. Default for an identity: sigstore's own, which is fetched and
   * kept. Without it no log is asked for with keys.
   */
  readonly trustedRoot?: string | undefined
  /** Files with the public keys of transparency logs, beside those of `trustedRoot`. With keys, one of these logs must have entered the signature. */
  readonly rekorKeys?: readonly string[] | undefined
  /** With keys: ask for no log, whatever the root names. */
  readonly ignoreLog?: boolean | undefined
}

/** An expression must match all of it. */
export interface ExpectedIdentity {
  /** The email address or URI in the certificate. */
  readonly subject: string | RegExp
  /** The OIDC issuer that vouches for it. */
  readonly issuer: string | RegExp
  /** How long ago the certificate may have been issued. Default: for ever. A tag that somebody puts back to an older image has older signatures. */
  readonly maxAgeSeconds?: number | undefined
}

/** What is kept beside the image: a bundle of sigstore, a payload under cosign's tag, or a file of s3lo's with the tag of a bucket. */
export type VerifiedForm = 'bundle' | 'cosign' | 's3lo'

export interface ImageSignatureReport {
  readonly form: VerifiedForm
  /** Valid: it is of this image, and by a key or identity that was asked for. */
  readonly valid: boolean
  /** Why it is not. */
  readonly reason?: string
  /** The key that has made it, as it was named. */
  readonly key?: string
  /** Whom the certificate is of, and who vouches for that. */
  readonly identity?: { readonly subjects: readonly string[]; readonly issuer: string }
  /** Of a bundle or payload, its own. */
  readonly digest?: Digest
  /** The manifest that it is attached by. */
  readonly manifest?: Digest
  /** The name of s3lo's file. */
  readonly file?: string
  /** The reference that it was made for, where it says one. It is not compared with the image's. */
  readonly dockerReference?: string
  /** Whether it is bound to the bucket, image and tag, and not to the digest alone. */
  readonly bound?: boolean
  /** When it was made, as s3lo's file says. That is not signed. */
  readonly signedAt?: string
}

export interface VerifyResult {
  readonly reference: string
  /** What the reference resolved to, and what the signatures must be of. */
  readonly digest: Digest
  /** Every key, or the identity, has a valid signature. */
  readonly verified: boolean
  readonly signatures: readonly ImageSignatureReport[]
  /** Keys, as they were named, of which no signature is valid. */
  readonly missing: readonly string[]
}
