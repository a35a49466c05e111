import { createPrivateKey, type KeyObject } from 'node:crypto'
import * as v from 'valibot'
import { LadingError } from '../../errors/index.ts'
import { readJson } from '../../model/read-json.ts'

const jwkSchema = v.looseObject({ kty: v.string(), d: v.string() })

/**
 * Reads a private key: PKCS#8, PKCS#1 or SEC 1, in DER or PEM, with a passphrase where it is encrypted, or a JWK.
 *
 * @returns `undefined` where it is something else
 * @throws LadingError `bad-argument` where the passphrase is missing or wrong
 */
export function parsePrivateKey(bytes: Buffer, passphrase: string | undefined, subject: string): KeyObject | undefined {
  if (bytes[0] === 0x7b) {
    return tried(() => createPrivateKey({ key: v.parse(jwkSchema, readJson(bytes)), format: 'jwk' }))
  }
  if (!bytes.includes('-----BEGIN ')) {
    const types = ['pkcs8', 'pkcs1', 'sec1'] as const
    for (const type of types) {
      const key = tried(() => createPrivateKey({ key: bytes, format: 'der', type, passphrase: passphrase ?? '' }))
      if (key !== undefined) return key
    }
    return undefined
  }
  if (!/-----BEGIN (?:(?:RSA|EC|ENCRYPTED) )?PRIVATE KEY-----/.test(bytes.toString('latin1'))) return undefined
  const isEncrypted = bytes.includes('-----BEGIN ENCRYPTED ') || bytes.includes('Proc-Type: 4,ENCRYPTED')
  if (isEncrypted && passphrase === undefined) {
    throw new LadingError('bad-argument', 'the private key is protected by a passphrase', {
      subject,
      hint: `give it after a colon: --decryption-key ${subject}:PASSPHRASE, or :file=PATH`,
    })
  }
  const key = tried(() => createPrivateKey(isEncrypted ? { key: bytes, passphrase: passphrase ?? '' } : bytes))
  if (key === undefined) {
    throw new LadingError(
      'bad-argument',
      `the private key cannot be read${isEncrypted ? ': is its passphrase right?' : ''}`,
      {
        subject,
      },
    )
  }
  return key
}

function tried<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}
