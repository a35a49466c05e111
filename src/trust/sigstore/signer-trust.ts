import type { TrustedRoot } from './trusted-root.ts'

/** Whose signatures are valid, for `verifyImageSignatures`. */
export type SignerTrust =
  | {
      /** Public keys in PEM: one of them must have signed. */
      readonly keys: readonly string[]
      /** With one, a log of it must have entered the signature. Without, no log is asked for. */
      readonly root?: TrustedRoot | undefined
    }
  | {
      /** Whom the certificate must be of. */
      readonly identity: IdentityTrust
      /** Whose certificates, logs and timestamps count. Where it names logs, one of them must have entered the signature. */
      readonly root: TrustedRoot
    }

export interface IdentityTrust {
  /** The email address or URI in the certificate, as it stands there; an expression must match all of it. */
  readonly subject: string | RegExp
  /** The OIDC issuer that vouches for it. */
  readonly issuer: string | RegExp
  /** A certificate that was issued before does not count. The signature is younger than its certificate, whatever anybody has entered in a log since. */
  readonly since?: Date | undefined
}

/** Who made a signature that is valid. */
export type VerifiedSigner =
  | { readonly kind: 'key'; readonly publicKey: string }
  | { readonly kind: 'certificate'; readonly subjects: readonly string[]; readonly issuer: string }
