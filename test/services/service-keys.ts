import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { ecdsaDer } from '../../src/trust/signers/ecdsa-der.ts'
import { signDigest } from './sign-digest.ts'

export type KeyType = 'P-256' | 'P-384' | 'RSA' | 'Ed25519'

/** A key that a stand-in for a key management service holds. */
export function makeServiceKey(type: KeyType): KeyObject {
  if (type === 'RSA') return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  if (type === 'Ed25519') return generateKeyPairSync('ed25519').privateKey
  return generateKeyPairSync('ec', { namedCurve: type }).privateKey
}

export function spkiDer(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
}

export function spkiPem(privateKey: KeyObject): string {
  return createPublicKey(privateKey).export({ format: 'pem', type: 'spki' }).toString()
}

/** As most services answer: ECDSA in ASN.1 DER. */
export function serviceSignature(privateKey: KeyObject, digestOrMessage: Uint8Array): Buffer {
  if (privateKey.asymmetricKeyType === 'ed25519') return sign(null, digestOrMessage, privateKey)
  const raw = signDigest(privateKey, digestOrMessage)
  return privateKey.asymmetricKeyType === 'ec' ? ecdsaDer(raw) : raw
}

/** The digest that keys of this kind sign. */
export function hashNameOf(privateKey: KeyObject): 'sha256' | 'sha384' {
  return privateKey.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'sha384' : 'sha256'
}

export function isDigestOf(hash: 'sha256' | 'sha384', digest: Uint8Array): boolean {
  return createHash(hash).digest().byteLength === digest.byteLength
}
