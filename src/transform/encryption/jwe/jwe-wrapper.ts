import { constants, createCipheriv, generateKeyPairSync, type KeyObject, publicEncrypt, randomBytes } from 'node:crypto'
import type { KeyWrapper } from '../key-wrapper.ts'
import type { PublicKey } from '../parse-public-key.ts'
import { wrapWithAes } from './aes-key-wrap.ts'
import type { JweAlgorithm } from './jwe.ts'
import { agreedKey } from './key-agreement.ts'

/** Wraps as ocicrypt does: AES-256-GCM over the secret, its key for each recipient by RSA-OAEP or ECDH-ES. */
export function jweWrapper(recipients: readonly PublicKey[]): KeyWrapper {
  return {
    scheme: 'jwe',
    async wrap(secret) {
      const key = randomBytes(32)
      const wrapped = recipients.map(({ key: recipient, algorithm }) => wrapKey(key, recipient, algorithm))
      const [only, ...others] = wrapped
      const flattened = others.length === 0 ? only : undefined
      // As go-jose: what one recipient has for itself is protected too.
      const header = { ...flattened?.header, enc: 'A256GCM' }
      const protectedHeader = Buffer.from(JSON.stringify(header)).toString('base64url')
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(protectedHeader, 'ascii'))
      const ciphertext = Buffer.concat([cipher.update(secret), cipher.final()])
      const keys =
        flattened === undefined
          ? { recipients: wrapped.map(one => ({ header: one.header, encrypted_key: one.wrapped })) }
          : { encrypted_key: flattened.wrapped }
      const document = {
        protected: protectedHeader,
        ...keys,
        iv: iv.toString('base64url'),
        ciphertext: ciphertext.toString('base64url'),
        tag: cipher.getAuthTag().toString('base64url'),
      }
      return new TextEncoder().encode(JSON.stringify(document))
    },
  }
}

interface WrappedFor {
  readonly header: Readonly<Record<string, unknown>>
  readonly wrapped: string
}

function wrapKey(key: Buffer, recipient: KeyObject, algorithm: JweAlgorithm): WrappedFor {
  if (algorithm === 'RSA-OAEP' || algorithm === 'RSA-OAEP-256') {
    const oaepHash = algorithm === 'RSA-OAEP' ? 'sha1' : 'sha256'
    const wrapped = publicEncrypt({ key: recipient, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, key)
    return { header: { alg: algorithm }, wrapped: wrapped.toString('base64url') }
  }
  const namedCurve = recipient.asymmetricKeyDetails?.namedCurve ?? ''
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })
  const wrapped = wrapWithAes(key, agreedKey(algorithm, { privateKey, publicKey: recipient }))
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' })
  return { header: { alg: algorithm, epk: { kty, crv, x, y } }, wrapped: wrapped.toString('base64url') }
}
