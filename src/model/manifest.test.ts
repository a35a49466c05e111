import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOf } from './digest.ts'
import { childrenOf, detectMediaType, type ImageManifest, maxManifestBytes, parseManifest } from './manifest.ts'
import { dockerManifest, dockerManifestList, ociIndex, ociManifest } from './media-types.ts'

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const digest = digestOf(new Uint8Array())
const blob = { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size: 0 }
const manifest = { schemaVersion: 2, config: blob, layers: [blob] }
const index = {
  schemaVersion: 2,
  manifests: [{ ...blob, mediaType: ociManifest, platform: { os: 'linux', architecture: 'arm', variant: 'v7' } }],
}

test('gives each child the role that its parent gives it, whatever its media type says', () => {
  const lying = { ...manifest, config: { ...blob, mediaType: ociIndex }, layers: [{ ...blob, mediaType: ociManifest }] }
  expect(childrenOf(parseManifest(encode(lying))).map(({ kind }) => kind)).toEqual(['config', 'layer'])
  const mixed = {
    schemaVersion: 2,
    manifests: [ociManifest, dockerManifestList, 'text/plain'].map(mediaType => ({ ...blob, mediaType })),
  }
  expect(childrenOf(parseManifest(encode(mixed))).map(({ kind }) => kind)).toEqual(['manifest', 'index', 'blob'])
})

test('says where else a foreign layer is', () => {
  const urls = ['https://example.com/layer']
  const layers = [{ ...blob, urls }, { ...blob, urls: [] }, blob]
  const parsed = parseManifest(encode({ ...manifest, layers })) as ImageManifest
  expect(parsed.layers.map(layer => layer.urls)).toEqual([urls, undefined, undefined])
})

test.each([
  ['an OCI manifest by its shape', manifest, undefined, ociManifest],
  ['an OCI index by its shape', index, undefined, ociIndex],
  ['a manifest by its Content-Type', manifest, `${dockerManifest}; charset=utf-8`, dockerManifest],
  [
    'a manifest by its own word, when the Content-Type says nothing',
    { ...manifest, mediaType: dockerManifest },
    'application/json',
    dockerManifest,
  ],
  ['an index without entries', { schemaVersion: 2, manifests: [] }, undefined, ociIndex],
  ['an artifact without layers', { schemaVersion: 2, mediaType: ociManifest, config: blob }, undefined, ociManifest],
])('knows %s', (_, document, declared, mediaType) => {
  expect(parseManifest(encode(document), declared).mediaType).toBe(mediaType)
  if (declared === undefined) expect(detectMediaType(encode(document))).toBe(mediaType)
})

describe('refuses', () => {
  test.each([
    ['what is no JSON', new TextEncoder().encode('{'), 'not JSON'],
    ['what is no UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 'not JSON'],
    ['a list', encode([]), 'not a JSON object'],
    ['an object of neither shape', encode({ schemaVersion: 2 }), 'neither a manifest nor an index'],
    ['a document of both shapes', encode({ ...manifest, ...index }), 'read in two ways'],
    ['a type that is not that of its shape', encode({ ...manifest, mediaType: ociIndex }), 'has not the shape'],
    ['a type that is no manifest’s', encode({ ...manifest, mediaType: 'text/plain' }), 'is not that of a manifest'],
    ['a negative size', encode({ ...manifest, layers: [{ ...blob, size: -1 }] }), 'layers.0.size is negative'],
    ['a size that is no whole number', encode({ ...manifest, layers: [{ ...blob, size: 1.5 }] }), 'whole number'],
    ['a size too large to be exact', encode({ ...manifest, layers: [{ ...blob, size: 2 ** 60 }] }), 'whole number'],
    [
      'a digest of an unknown algorithm',
      encode({ ...manifest, config: { ...blob, digest: 'md5:00' } }),
      'config.digest is not',
    ],
    [
      'a digest that is a path',
      encode({ ...manifest, config: { ...blob, digest: 'sha256:../../etc/passwd' } }),
      'config.digest is not',
    ],
    ['a layer without a digest', encode({ ...manifest, layers: [{ size: 1, mediaType: 'x' }] }), 'layers.0.digest'],
    ['layers that are no list', encode({ ...manifest, layers: {} }), 'layers'],
    ['annotations that are no map', encode({ ...manifest, annotations: [1] }), 'annotations'],
  ])('%s', (_, bytes, why) => {
    expect(() => parseManifest(bytes)).toThrow(
      expect.objectContaining({ code: 'bad-manifest', message: expect.stringContaining(why) }),
    )
  })

  test('a descriptor that calls an index a manifest', () => {
    expect(() => parseManifest(encode({ ...index, mediaType: ociIndex }), ociManifest)).toThrow(
      /was named as .* and says that it is/,
    )
  })

  test('more bytes than the limit, before looking at one', () => {
    expect(() => parseManifest(new Uint8Array(maxManifestBytes + 1))).toThrow(
      expect.objectContaining({ code: 'too-large' }),
    )
  })

  test('schema 1, and says what it is', () => {
    expect(() => parseManifest(encode({ schemaVersion: 1, name: 'x', fsLayers: [] }))).toThrow(
      expect.objectContaining({ code: 'unsupported' }),
    )
  })
})

test('any JSON is a manifest or a clear error', () => {
  const near = fc.record(
    {
      schemaVersion: fc.constantFrom(1, 2, '2'),
      mediaType: fc.constantFrom(ociIndex, ociManifest, 'x', 1),
      config: fc.anything(),
      layers: fc.anything(),
      manifests: fc.anything(),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.oneof(near, fc.jsonValue()), value => {
      try {
        parseManifest(encode(value) ?? new Uint8Array())
      } catch (error) {
        expect(error).toMatchObject({ name: 'LadingError' })
      }
    }),
  )
})
