import { LadingError } from '../errors/index.ts'
import { type Digest, type DigestAlgorithm, digestOf } from './digest.ts'
import { detectMediaType } from './manifest.ts'
import { isSchema1Type } from './media-types.ts'
import { schema1Digest } from './schema1-signature.ts'

/**
 * The digest that a registry knows a manifest by: of its bytes, and of a signed one of Docker's schema 1 of what was signed.
 *
 * @throws LadingError `bad-manifest` where the signatures do not say what was signed
 */
export function manifestDigest(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return algorithm === 'sha256' && isSchema1(bytes) ? schema1Digest(bytes) : digestOf(bytes, algorithm)
}

/** What is no manifest at all has the digest of its bytes. */
function isSchema1(bytes: Uint8Array): boolean {
  try {
    return isSchema1Type(detectMediaType(bytes))
  } catch (error) {
    if (error instanceof LadingError) return false
    throw error
  }
}
