import { LadingError } from '../../errors/index.ts'
import type { Digest } from '../../model/digest.ts'
import { readBundle } from './read-bundle.ts'
import type { SignerTrust, VerifiedSigner } from './signer-trust.ts'
import { parseStatement, type Statement, signaturePredicate } from './statement.ts'
import { verifySigned } from './verify-signed.ts'

export interface VerifiedBundle extends Statement {
  readonly signer: VerifiedSigner
}

export interface VerifyBundleOptions {
  /** The type that the statement must have: an attestation is no signature. Default: that of cosign's signatures. */
  readonly predicateType?: string | undefined
}

/**
 * Checks a bundle, as cosign 3 attaches it to an image: the signature, who made it, and that it is of this image.
 *
 * @throws LadingError `untrusted` where any of that is not so
 */
export async function verifyBundle(
  bytes: Uint8Array,
  subject: Digest,
  trust: SignerTrust,
  { predicateType = signaturePredicate }: VerifyBundleOptions = {},
): Promise<VerifiedBundle> {
  const bundle = await readBundle(bytes)
  const signer = await verifySigned(bundle, trust)
  const statement = parseStatement(bundle.content, subject)
  if (statement.predicateType !== predicateType) {
    throw new LadingError(
      'untrusted',
      `the statement is one of ${JSON.stringify(statement.predicateType)}, and no signature`,
    )
  }
  return { ...statement, signer }
}
