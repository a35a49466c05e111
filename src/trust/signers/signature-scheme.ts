import { createHash, type KeyObject } from 'node:crypto'
import { isLadingError, LadingError } from '../../errors/index.ts'
import { requireKnownKey } from '../sigstore/signature-scheme.ts'

export type SignatureHash = 'sha256' | 'sha384' | 'sha512'

/** How a key of some kind signs. */
export type SignatureScheme =
  | { readonly kind: 'ecdsa' | 'rsa'; readonly hash: SignatureHash }
  /** The whole message is signed, and no digest of it. */
  | { readonly kind: 'ed25519' }

/** By OpenSSL's names of the curves. */
const hashes: Readonly<Record<string, SignatureHash>> = { secp384r1: 'sha384', secp521r1: 'sha512' }

/**
 * How `Signer` signs with the key, public or private.
 *
 * @throws LadingError `bad-key` where images are not signed with such keys
 */
export function schemeOf(key: KeyObject, name: string): SignatureScheme {
  try {
    requireKnownKey(key)
  } catch (error) {
    if (!isLadingError(error)) throw error
    const { message, hint } = error
    throw new LadingError('bad-key', message, { operation: 'use key', subject: name, hint })
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type === 'ed25519') return { kind: 'ed25519' }
  return type === 'rsa'
    ? { kind: 'rsa', hash: 'sha256' }
    : { kind: 'ecdsa', hash: hashes[details?.namedCurve ?? ''] ?? 'sha256' }
}

export function digestFor(hash: SignatureHash, bytes: Uint8Array): Buffer {
  return createHash(hash).update(bytes).digest()
}
