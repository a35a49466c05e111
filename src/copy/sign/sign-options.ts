import type { Digest } from '../../model/digest.ts'
import type { SessionOptions } from '../session.ts'

/**
 * How a signature is kept: as a bundle that refers to the image; under cosign's tag `sha256-….sig`; or with the tag of a bucket, bound to that,
 * as s3lo does.
 */
export type SignatureForm = 'referrer' | 'tag' | 's3lo'

export interface SignOptions extends SessionOptions {
  /** Who signs: files, `env://`, `awskms://`, `gcpkms://`, `azurekms://`, `hashivault://`, as cosign writes them. */
  readonly keys?: readonly string[] | undefined
  /** In the place of keys: a certificate for whom an OIDC token is of, over a key that is forgotten. */
  readonly keyless?: KeylessOptions | undefined
  /** The transparency log that each signature is entered in. Everybody can read what is in sigstore's own. */
  readonly rekorUrl?: string | undefined
  /** Who says when a bundle was signed (RFC 3161). */
  readonly timestampUrl?: string | undefined
  /** For a key that is encrypted; asked once for each. */
  readonly passphrase?: ((key: string) => Promise<string>) | undefined
  /** Sign every manifest of an index too, and not the index alone. */
  readonly recursive?: boolean | undefined
  /** Default: `referrer`, which cosign 3 writes and reads by default. */
  readonly attach?: SignatureForm | undefined
  /** What is signed beside the digest. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
  /** The reference that a signature under a tag is for. Default: the repository. A bundle names none. */
  readonly identity?: string | undefined
}

export interface KeylessOptions {
  /** Default: sigstore's own, with its log. */
  readonly fulcioUrl?: string | undefined
  /** Default: what this machine has: `SIGSTORE_ID_TOKEN`, or what GitHub Actions gives. */
  readonly identityToken?: string | undefined
}

/** A signature that was attached. */
export interface MadeSignature {
  /** The manifest that it is of. */
  readonly subject: Digest
  /** Who signed: the key as it was named, or whom the certificate is of. */
  readonly key: string
  /** SHA-256 of the public key, as it is in SubjectPublicKeyInfo. */
  readonly keyDigest: Digest
  /** The manifest that it is attached by. */
  readonly manifest?: Digest
  /** The name of s3lo's file. */
  readonly file?: string
}

export interface SignResult {
  readonly reference: string
  /** What was signed: what the reference resolved to when it was signed. */
  readonly digest: Digest
  readonly attach: SignatureForm
  readonly signatures: readonly MadeSignature[]
}
