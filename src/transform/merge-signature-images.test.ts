import { expect, test } from 'vitest'
import { digestOf } from '../model/digest.ts'
import { buildIndex } from '../testing/build-image.ts'
import { buildSignatures } from '../testing/build-referrer.ts'
import { mergeSignatureImages } from './merge-signature-images.ts'

const bytesOf = (...signatures: readonly string[]) => {
  const { root, blobs } = buildSignatures('one payload', signatures)
  return blobs.get(root.digest) ?? new Uint8Array()
}
const signaturesIn = (bytes: Uint8Array): string[] =>
  JSON.parse(Buffer.from(bytes).toString()).layers.map(
    (layer: { annotations: object }) => Object.values(layer.annotations)[0],
  )

test('signatures over one payload are told apart, and those that are there come first', () => {
  const merged = mergeSignatureImages(bytesOf('a', 'b'), bytesOf('b', 'c', 'd'))
  if (typeof merged === 'string') throw new Error(merged)
  expect(signaturesIn(merged.manifest)).toEqual(['a', 'b', 'c', 'd'])
  const manifest = JSON.parse(Buffer.from(merged.manifest).toString())
  expect(manifest.config).toEqual(merged.config.descriptor)
  expect(merged.config.descriptor).toMatchObject({
    digest: digestOf(merged.config.bytes),
    size: merged.config.bytes.byteLength,
  })
  expect(JSON.parse(Buffer.from(merged.config.bytes).toString()).rootfs.diff_ids).toHaveLength(4)
})

test.each([
  [['a', 'b'], ['b'], 'theirs'],
  [['a'], ['a'], 'theirs'],
  [['b'], ['a', 'b'], 'ours'],
  [[], ['a'], 'ours'],
] as const)('of %j and %j it is %s', (theirs, ours, expected) => {
  expect(mergeSignatureImages(bytesOf(...theirs), bytesOf(...ours))).toBe(expected)
})

test('an index is not put together with anything', () => {
  const { root, blobs } = buildIndex({ 'linux/amd64': {} })
  expect(mergeSignatureImages(blobs.get(root.digest) ?? new Uint8Array(), bytesOf('a'))).toBe('ours')
})

test('what is no manifest is an error', () => {
  expect(() => mergeSignatureImages(new Uint8Array([0x7b]), bytesOf('a'))).toThrow(
    expect.objectContaining({ code: 'bad-manifest' }),
  )
})
