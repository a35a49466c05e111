import { expect, test } from 'vitest'
import { digestOf } from './digest.ts'
import { manifestDigest } from './manifest-digest.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)

/** As libtrust signs: the signatures go before the last brace, and the header tells how to take them out again. */
function signed(payload: string, header: object = { formatLength: payload.length - 2, formatTail: encode('\n}') }) {
  const signatures = JSON.stringify([
    { protected: encode(JSON.stringify(header)), signature: 'AA', header: { alg: 'ES256' } },
  ])
  return bytesOf(`${payload.slice(0, -2)},\n   "signatures": ${signatures}\n}`)
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url')
}

const payload = '{\n   "schemaVersion": 1,\n   "name": "é"\n}'
// formatLength counts bytes
const header = { formatLength: bytesOf(payload).length - 2, formatTail: encode('\n}') }

test('of a signed schema 1 manifest it is that of what was signed', () => {
  expect(manifestDigest(signed(payload, header))).toBe(digestOf(bytesOf(payload)))
})

test.each([
  ['unsigned schema 1', payload],
  ['another version with signatures', '{"schemaVersion": 2, "signatures": [{}]}'],
  ['an index', '{"schemaVersion": 2, "manifests": []}'],
  ['no JSON', 'not a manifest\n'],
  ['nothing', ''],
])('of %s it is that of the bytes', (_, text) => {
  expect(manifestDigest(bytesOf(text))).toBe(digestOf(bytesOf(text)))
})

test.each([
  ['is longer than the document', { ...header, formatLength: 9999 }],
  ['is negative', { ...header, formatLength: -1 }],
  ['has no end', { formatLength: 3 }],
  ['has nothing', {}],
])('a signature whose payload %s is an error', (_, broken) => {
  expect(() => manifestDigest(signed(payload, broken))).toThrow(expect.objectContaining({ code: 'bad-manifest' }))
})
