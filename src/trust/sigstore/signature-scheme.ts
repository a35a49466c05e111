import { type KeyObject, sign, verify } from 'node:crypto'
import { LadingError } from '../../errors/index.ts'

const leastRsaBits = 2048
const sha256 = 'sha256'
/** Of the curves that cosign knows, by the names of OpenSSL, the hash that goes with each. */
const curveHashes: Readonly<Record<string, string>> = { prime256v1: sha256, secp384r1: 'sha384', secp521r1: 'sha512' }

/** @throws LadingError `bad-config` for a kind of key that cosign does not sign with, and for one that is too short */
export function requireKnownKey(key: KeyObject): void {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type === 'ed25519') return
  if (type === 'ec' && Object.hasOwn(curveHashes, details?.namedCurve ?? '')) return
  if (type === 'rsa' && (details?.modulusLength ?? 0) >= leastRsaBits) return
  const what = type === 'rsa' ? `RSA of ${details?.modulusLength} bits` : `${type} ${details?.namedCurve ?? ''}`.trim()
  throw new LadingError('bad-config', `the key is of a kind that is not used for signatures: ${what}`, {
    hint: `use ECDSA on P-256, P-384 or P-521, RSA of ${leastRsaBits} bits or more, or Ed25519`,
  })
}

/** Signs as `Signer` says. */
export function signBytes(key: KeyObject, bytes: Uint8Array): Buffer {
  return sign(hashesOf(key)[0], bytes, key)
}

/**
 * Whether the signature is one of these bytes. Of the longer curves cosign wrote SHA-256 in its older releases, and the containers tools know
 * nothing else: both are taken.
 */
export function isSignedBy(key: KeyObject, bytes: Uint8Array, signature: Uint8Array): boolean {
  return hashesOf(key).some(hash => {
    try {
      return verify(hash, bytes, key, signature)
    } catch {
      return false
    }
  })
}

function hashesOf(key: KeyObject): [string | null, ...string[]] {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type === 'ed25519') return [null]
  if (type !== 'ec') return [sha256]
  const hash = curveHashes[details?.namedCurve ?? ''] ?? sha256
  return hash === sha256 ? [sha256] : [hash, sha256]
}
