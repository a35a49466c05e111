import { constants, createHash, type KeyObject, verify } from 'node:crypto'
import { LadingError } from '../../errors/index.ts'

export type SignatureHash = 'sha256' | 'sha384' | 'sha512'

/** How a key of some kind signs. */
export type SignatureScheme =
  | { readonly kind: 'ecdsa'; readonly hash: SignatureHash }
  | { readonly kind: 'rsa'; readonly hash: 'sha256' }
  /** The whole message is signed, and no digest of it. */
  | { readonly kind: 'ed25519' }

/** OpenSSL's names of the curves. */
const curves: Readonly<Record<string, SignatureHash>> = {
  prime256v1: 'sha256',
  secp384r1: 'sha384',
  secp521r1: 'sha512',
}

/** What nobody should sign with any more; KMS services have no such keys. */
const leastModulusBits = 2048

/**
 * How `Signer` signs with the key, public or private.
 *
 * @throws LadingError `bad-key` where images are not signed with such keys
 */
export function schemeOf(key: KeyObject, name: string): SignatureScheme {
  const refuse = (message: string) =>
    new LadingError('bad-key', message, {
      operation: 'use key',
      subject: name,
      hint: 'images are signed with ECDSA (P-256, P-384, P-521), RSA of 2048 bits or more, and Ed25519',
    })
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type === 'ed25519') return { kind: 'ed25519' }
  if (type === 'ec') {
    const hash = curves[details?.namedCurve ?? '']
    if (hash === undefined) throw refuse(`the key is on the curve ${details?.namedCurve}, which signs no images`)
    return { kind: 'ecdsa', hash }
  }
  if (type !== 'rsa') throw refuse(`a key of the kind ${type ?? key.type} signs no images`)
  const bits = details?.modulusLength ?? 0
  if (bits < leastModulusBits) throw refuse(`the RSA key has ${bits} bits, which is too few`)
  return { kind: 'rsa', hash: 'sha256' }
}

export function digestFor(hash: SignatureHash, bytes: Uint8Array): Buffer {
  return createHash(hash).update(bytes).digest()
}

/** Whether `signature` is the key's over the bytes, made as `schemeOf` says. */
export function isSignatureOf(key: KeyObject, bytes: Uint8Array, signature: Uint8Array, name: string): boolean {
  const scheme = schemeOf(key, name)
  const padded = scheme.kind === 'rsa' ? { key, padding: constants.RSA_PKCS1_PADDING } : { key }
  return verify(scheme.kind === 'ed25519' ? null : scheme.hash, bytes, padded, signature)
}
