import { createPublicKey, type KeyObject } from 'node:crypto'
import * as v from 'valibot'
import { LadingError } from '../../errors/index.ts'
import { readJson } from '../../model/read-json.ts'
import { type JweAlgorithm, jweAlgorithms } from './jwe/jwe.ts'

/** Whom a layer's key is wrapped for, and how. */
export interface PublicKey {
  readonly key: KeyObject
  readonly algorithm: JweAlgorithm
}

/** The curves that ECDH-ES has names for, and whoever reads what is wrapped: RFC 7518, 6.2.1.1. */
const curves = ['prime256v1', 'secp384r1', 'secp521r1']

const jwkSchema = v.looseObject({ kty: v.string(), alg: v.exactOptional(v.string()), d: v.exactOptional(v.string()) })

/**
 * Reads a public key: SubjectPublicKeyInfo in DER or PEM, or a JWK.
 *
 * @param subject whose words they are, for messages
 * @throws LadingError `bad-argument`
 */
export function parsePublicKey(bytes: Buffer, subject: string): PublicKey {
  const refused = (why: string) =>
    new LadingError('bad-argument', why, {
      subject,
      hint: 'a public key is PEM ("BEGIN PUBLIC KEY"), DER or a JWK: openssl pkey -in private.key -pubout',
    })
  // Node takes a private key for its public half: who is asked for one and gives the other has made a mistake.
  if (bytes.includes('PRIVATE KEY')) throw refused('it is a private key, and not the public one')
  const jwk = asJwk(bytes)
  if (jwk?.d !== undefined) throw refused('it is a private key, and not the public one')
  const key = jwk === undefined ? readKey(bytes) : tried(() => createPublicKey({ key: jwk, format: 'jwk' }))
  if (key === undefined) throw refused('it is no public key')
  const type = key.asymmetricKeyType
  if (type !== 'rsa' && type !== 'ec') throw refused(`a key of the kind ${type} wraps no other key`)
  const { namedCurve } = key.asymmetricKeyDetails ?? {}
  if (type === 'ec' && !curves.includes(namedCurve ?? '')) {
    throw refused(`nothing is wrapped for a key on the curve ${namedCurve}: P-256, P-384 and P-521 are known`)
  }
  const usual = type === 'rsa' ? 'RSA-OAEP' : 'ECDH-ES+A256KW'
  const algorithm = jwk?.alg === undefined || jwk.alg === '' ? usual : jweAlgorithms.find(name => name === jwk.alg)
  if (algorithm === undefined || algorithm.startsWith('RSA') !== (type === 'rsa')) {
    throw refused(`the algorithm ${JSON.stringify(jwk?.alg)} of the key is not known for it`)
  }
  return { key, algorithm }
}

function readKey(bytes: Buffer): KeyObject | undefined {
  return bytes.includes('-----BEGIN PUBLIC KEY-----')
    ? tried(() => createPublicKey(bytes))
    : tried(() => createPublicKey({ key: bytes, format: 'der', type: 'spki' }))
}

function asJwk(bytes: Buffer) {
  return bytes[0] === 0x7b ? tried(() => v.parse(jwkSchema, readJson(bytes))) : undefined
}

function tried<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}
