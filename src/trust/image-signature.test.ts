import { expect, test } from 'vitest'
import { formatImageSignature, type ImageSignature, parseImageSignature } from './image-signature.ts'

const sigstore: ImageSignature = {
  format: 'sigstore',
  mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
  payload: Buffer.from('{"critical":{}}'),
  annotations: { 'dev.cosignproject.cosign/signature': 'MEUC' },
}

test('a simple signature is its bytes', () => {
  const bytes = Buffer.from([0x90, 0x0d, 0x03])
  expect(parseImageSignature(bytes)).toEqual({ format: 'simple', bytes })
  expect(formatImageSignature({ format: 'simple', bytes })).toEqual(bytes)
})

test('one of sigstore comes back as it was', () => {
  const written = formatImageSignature(sigstore)
  expect(Buffer.from(written).toString()).toMatch(/^\0sigstore-json\n\{"mimeType":/)
  expect(parseImageSignature(written)).toEqual(sigstore)
})

test.each([
  '\0other\n{}',
  '\0sigstore-json\n{',
  '\0sigstore-json\n{"mimeType":"x","payload":"!"}',
])('%j is refused', text => {
  expect(() => parseImageSignature(Buffer.from(text))).toThrow('the signature has a form that is not known')
})
