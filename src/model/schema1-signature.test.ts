import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { digestOf } from './digest.ts'
import { parseSchema1 } from './schema1.ts'
import { schema1Digest, schema1Payload, verifySchema1 } from './schema1-signature.ts'

const step = { v1Compatibility: JSON.stringify({ id: 'a'.repeat(64) }) }
const layer = { blobSum: digestOf(new Uint8Array()) }
const payload = Buffer.from(
  `${JSON.stringify({ schemaVersion: 1, name: 'a', fsLayers: [layer], history: [step] }, undefined, 3)}\n`,
)
const formatLength = payload.lastIndexOf('\n}')
const tail = payload.subarray(formatLength)
const header = { formatLength, formatTail: tail.toString('base64url') }
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

interface Signer {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}
const ec = (namedCurve: string): Signer => generateKeyPairSync('ec', { namedCurve })
const p256 = ec('P-256')
const rsa: Signer = generateKeyPairSync('rsa', { modulusLength: 2048 })

const signature = (alg: string, { privateKey, publicKey }: Signer, said: object = header) => {
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
  const signed = Buffer.from(`${encode(said)}.${payload.toString('base64url')}`)
  const bytes = sign(`sha${alg.slice(2)}`, signed, key)
  return {
    header: { alg, jwk: publicKey.export({ format: 'jwk' }) },
    signature: bytes.toString('base64url'),
    protected: encode(said),
  }
}
const withSignatures = (signatures: unknown) =>
  Buffer.concat([
    payload.subarray(0, formatLength),
    Buffer.from(`,\n   "signatures": ${JSON.stringify(signatures)}`),
    tail,
  ])

test.each([
  ['ES256', p256],
  ['ES384', ec('P-384')],
  ['ES512', ec('P-521')],
  ['RS256', rsa],
  ['RS512', rsa],
])('%s: the payload is what was signed, and the digest is its', (alg, signer) => {
  const bytes = withSignatures([signature(alg, signer), signature('ES256', p256)])
  expect(Buffer.from(schema1Payload(bytes)).equals(payload)).toBe(true)
  expect(schema1Digest(bytes)).toBe(digestOf(payload))
  expect(verifySchema1(bytes)).toBe(2)
})

test('an unsigned one is its own payload', () => {
  expect(schema1Payload(payload)).toBe(payload)
  expect(verifySchema1(payload)).toBe(0)
})

test('what was added after it was signed is not read', () => {
  const signed = withSignatures([signature('ES256', p256)]).toString()
  const forged = Buffer.from(signed.replace(',\n   "signatures"', ',"name": "forged", "signatures"'))
  expect(JSON.parse(forged.toString()).name).toBe('forged')
  expect(parseSchema1(forged).name).toBe('a')
})

describe('refuses', () => {
  const good = signature('ES256', p256)
  test.each<[string, unknown, string]>([
    ['no signature where there ought to be', [], 'has no signature'],
    ['signatures that are none', 1, 'signatures'],
    ['one that does not say what it signs', [{ ...good, protected: encode({}) }], 'formatLength'],
    ['a protected part that is no JSON', [{ ...good, protected: 'x' }], 'signatures.0.protected is not JSON'],
    ['one of more bytes', [signature('ES256', p256, { ...header, formatLength: 1e6 })], 'more bytes than there are'],
    ['two of other payloads', [good, signature('ES256', p256, { ...header, formatTail: '' })], 'the same payload'],
  ])('%s', (_, signatures, message) => {
    expect(() => schema1Payload(withSignatures(signatures))).toThrow(
      expect.objectContaining({ code: 'bad-manifest', message: expect.stringContaining(message) }),
    )
  })

  test.each<[string, unknown, string, string]>([
    [
      'one of another key',
      { ...good, header: signature('ES256', ec('P-256')).header },
      'bad-manifest',
      'is not that of',
    ],
    ['one that is damaged', { ...good, signature: good.signature.slice(4) }, 'bad-manifest', 'is not that of'],
    [
      'a key of another kind',
      { ...good, header: { ...signature('RS256', rsa).header, alg: 'ES256' } },
      'bad-manifest',
      'is not that of',
    ],
    ['one without a key', { ...good, header: { alg: 'ES256' } }, 'bad-manifest', 'brings no key'],
    ['a key that is none', { ...good, header: { alg: 'ES256', jwk: { kty: 'EC' } } }, 'bad-manifest', 'cannot be used'],
    ['a certificate that is none', { ...good, header: { alg: 'ES256', x5c: ['x'] } }, 'bad-manifest', 'cannot be used'],
    ['an algorithm that nobody writes', { ...good, header: { alg: 'none' } }, 'unsupported', 'made with none'],
    ['a name that every object has', { ...good, header: { alg: 'toString' } }, 'unsupported', 'made with toString'],
  ])('to believe %s', (_, bad, code, message) => {
    expect(() => verifySchema1(withSignatures([bad]))).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    )
  })
})
