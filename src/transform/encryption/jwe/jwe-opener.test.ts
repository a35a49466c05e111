import { generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { parsePublicKey } from '../parse-public-key.ts'
import type { JweAlgorithm } from './jwe.ts'
import { jweOpener } from './jwe-opener.ts'
import { jweWrapper } from './jwe-wrapper.ts'

const secret = Buffer.from('{"symkey":"…"}')
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const curves = Object.fromEntries(
  ['P-384', 'P-521'].map(namedCurve => [namedCurve, generateKeyPairSync('ec', { namedCurve })]),
)
const usual: JweAlgorithm = 'ECDH-ES+A256KW'

const open = async (wrapped: Uint8Array, { privateKey }: KeyPairKeyObjectResult) => {
  const opened = await jweOpener('key', privateKey).open(wrapped, undefined)
  return opened && Buffer.from(opened)
}
const wrap = (...recipients: (readonly [KeyPairKeyObjectResult, JweAlgorithm])[]) =>
  jweWrapper(recipients.map(([{ publicKey }, algorithm]) => ({ key: publicKey, algorithm }))).wrap(secret, undefined)

test.each<[string, KeyPairKeyObjectResult, JweAlgorithm]>([
  ['RSA', rsa, 'RSA-OAEP'],
  ['RSA', rsa, 'RSA-OAEP-256'],
  ['P-256', curve, 'ECDH-ES+A128KW'],
  ['P-256', curve, 'ECDH-ES+A192KW'],
  ['P-256', curve, usual],
  ['P-384', curves['P-384'] ?? curve, usual],
  ['P-521', curves['P-521'] ?? curve, usual],
])('a key of %s opens what was wrapped for it with %s', async (_, pair, algorithm) => {
  expect(await open(await wrap([pair, algorithm]), pair)).toEqual(secret)
})

test('a JWK names its algorithm', async () => {
  const jwk = { ...rsa.publicKey.export({ format: 'jwk' }), alg: 'RSA-OAEP-256' }
  const key = parsePublicKey(Buffer.from(JSON.stringify(jwk)), 'key')
  const wrapped = await jweWrapper([key]).wrap(secret, undefined)
  const header = JSON.parse(Buffer.from(JSON.parse(Buffer.from(wrapped).toString()).protected, 'base64url').toString())
  expect(header).toEqual({ alg: 'RSA-OAEP-256', enc: 'A256GCM' })
  expect(await open(wrapped, rsa)).toEqual(secret)
})

test('each of several opens it, and nobody else', async () => {
  const wrapped = await wrap([rsa, 'RSA-OAEP'], [curve, usual])
  expect(await open(wrapped, rsa)).toEqual(secret)
  expect(await open(wrapped, curve)).toEqual(secret)
  expect(await open(wrapped, generateKeyPairSync('rsa', { modulusLength: 2048 }))).toBeUndefined()
  expect(await open(wrapped, generateKeyPairSync('ec', { namedCurve: 'P-256' }))).toBeUndefined()
  expect(await open(wrapped, generateKeyPairSync('ed25519'))).toBeUndefined()
})

describe('nothing is opened where', () => {
  type Document = Record<string, string>
  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const header = ({ protected: text = '' }: Document) => JSON.parse(Buffer.from(text, 'base64url').toString())
  const flipped = (text: string) => {
    const bytes = Buffer.from(text, 'base64url')
    bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0)
    return bytes.toString('base64url')
  }

  test.each<[string, (document: Document) => unknown]>([
    ['the content was changed', one => ({ ...one, ciphertext: flipped(one.ciphertext ?? '') })],
    ['the nonce was changed', one => ({ ...one, iv: flipped(one.iv ?? '') })],
    ['the tag was changed', one => ({ ...one, tag: flipped(one.tag ?? '') })],
    [
      'the tag is cut',
      one => ({
        ...one,
        tag: Buffer.from(one.tag ?? '', 'base64url')
          .subarray(0, 12)
          .toString('base64url'),
      }),
    ],
    ['the key was changed', one => ({ ...one, encrypted_key: flipped(one.encrypted_key ?? '') })],
    ['there is no key', ({ encrypted_key: _, ...one }) => one],
    ['something was added to the header', one => ({ ...one, protected: encoded({ ...header(one), kid: 'x' }) })],
    ['other data goes with it', one => ({ ...one, aad: 'YQ' })],
    ['it is compressed', one => ({ ...one, unprotected: { zip: 'DEF' } })],
    ['something must be understood', one => ({ ...one, unprotected: { crit: ['b64'] } })],
    ['it names no cipher that is known', one => ({ ...one, protected: encoded({ ...header(one), enc: 'none' }) })],
    ['it names no wrapping that is known', one => ({ ...one, protected: encoded({ ...header(one), alg: 'dir' }) })],
    [
      'the ciphers are those of shorter keys',
      one => ({ ...one, protected: encoded({ ...header(one), enc: 'A128GCM' }) }),
    ],
    ['it is a list', one => [one]],
    ['it is text', () => 'eyJ'],
  ])('%s', async (_, change) => {
    const wrapped = await wrap([curve, usual])
    expect(await open(wrapped, curve)).toEqual(secret)
    const changed = change(JSON.parse(Buffer.from(wrapped).toString()))
    expect(await open(Buffer.from(JSON.stringify(changed)), curve)).toBeUndefined()
  })
})
