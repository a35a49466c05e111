import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { parsePrivateKey } from './parse-private-key.ts'

const { privateKey: rsa, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const { privateKey: curve } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const passphrase = 'a long passphrase'
const protection = { cipher: 'aes-256-cbc', passphrase }
const same = (key: KeyObject | undefined, other: KeyObject) => key?.equals(other)

describe('a private key is read', () => {
  test.each<[string, KeyObject, string | Buffer]>([
    ['PKCS #8 in PEM', rsa, rsa.export({ type: 'pkcs8', format: 'pem' })],
    ['PKCS #8 in DER', rsa, rsa.export({ type: 'pkcs8', format: 'der' })],
    ['PKCS #1 in PEM', rsa, rsa.export({ type: 'pkcs1', format: 'pem' })],
    ['PKCS #1 in DER', rsa, rsa.export({ type: 'pkcs1', format: 'der' })],
    ['SEC 1 in PEM', curve, curve.export({ type: 'sec1', format: 'pem' })],
    ['SEC 1 in DER', curve, curve.export({ type: 'sec1', format: 'der' })],
    ['a JWK', curve, JSON.stringify(curve.export({ format: 'jwk' }))],
  ])('of %s', (_, key, text) => {
    expect(same(parsePrivateKey(Buffer.from(text), undefined, 'file'), key)).toBe(true)
    expect(same(parsePrivateKey(Buffer.from(text), 'one that is not needed', 'file'), key)).toBe(true)
  })

  test.each<[string, string | Buffer]>([
    ['PKCS #8 in PEM', rsa.export({ type: 'pkcs8', format: 'pem', ...protection })],
    ['PKCS #8 in DER', rsa.export({ type: 'pkcs8', format: 'der', ...protection })],
    ['PKCS #1 in PEM', rsa.export({ type: 'pkcs1', format: 'pem', ...protection })],
  ])('that is encrypted, of %s', (_, text) => {
    expect(same(parsePrivateKey(Buffer.from(text), passphrase, 'file'), rsa)).toBe(true)
  })
})

test.each([
  ['none', undefined],
  ['another one', 'another passphrase'],
  ['an empty one', ''],
])('a key is not read with %s for its passphrase, and no message shows it', (_, wrong) => {
  const text = Buffer.from(rsa.export({ type: 'pkcs8', format: 'pem', ...protection }))
  const read = () => parsePrivateKey(text, wrong, 'file')
  expect(read).toThrow(expect.objectContaining({ code: 'bad-argument', subject: 'file' }))
  if (wrong) expect(read).not.toThrow(wrong)
})

test.each<[string, string | Buffer]>([
  ['a public key', publicKey.export({ type: 'spki', format: 'pem' })],
  ['a public key in DER', publicKey.export({ type: 'spki', format: 'der' })],
  ['a public JWK', JSON.stringify(publicKey.export({ format: 'jwk' }))],
  ['a symmetric JWK', '{"kty":"oct","k":"YQ"}'],
  ['text', 'a key'],
  ['nothing', ''],
])('%s is no private key', (_, text) => {
  expect(parsePrivateKey(Buffer.from(text), undefined, 'file')).toBeUndefined()
})
