import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { expect, test } from 'vitest'
import { signDigest } from '../../../test/services/sign-digest.ts'
import { ecdsaDer } from './ecdsa-der.ts'

test.each([
  ['prime256v1', 'sha256'],
  ['secp384r1', 'sha384'],
  ['secp521r1', 'sha512'],
])('%s: what two numbers are in DER, OpenSSL believes', (namedCurve, hash) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })
  // so often that numbers with zeros before them, and such with their first bit set, are among them
  for (let at = 0; at < 260; at++) {
    const bytes = Buffer.from(`message ${at}`)
    const raw = sign(hash, bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' })
    expect(verify(hash, bytes, publicKey, ecdsaDer(raw))).toBe(true)
  }
})

test('small numbers are as short as they can be', () => {
  const raw = Buffer.alloc(64)
  raw[31] = 1
  raw[63] = 0x80
  expect(ecdsaDer(raw).toString('hex')).toBe('3007020101'.concat('02020080'))
})

test.each([['P-256'], ['P-384']])('the stand-ins’ own signatures of digests are believed: %s', namedCurve => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve })
  const hash = namedCurve === 'P-256' ? 'sha256' : 'sha384'
  const raw = signDigest(privateKey, createHash(hash).update('x').digest())
  expect(verify(hash, Buffer.from('x'), createPublicKey(privateKey), ecdsaDer(raw))).toBe(true)
})
