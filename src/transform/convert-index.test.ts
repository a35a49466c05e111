import { describe, expect, test } from 'vitest'
import { digestOf } from '../model/digest.ts'
import { dockerManifest, dockerManifestList, ociIndex, ociManifest } from '../model/media-types.ts'
import { convertIndex } from './convert-index.ts'

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const decode = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes))
const entry = (name: string, mediaType: string, more: object = {}) => ({
  mediaType,
  digest: digestOf(encode(name)),
  size: 7,
  ...more,
})
const index = (mediaType: string, manifests: unknown, more: object = {}) =>
  encode({ schemaVersion: 2, mediaType, manifests, ...more })
const windows = {
  os: 'windows',
  architecture: 'amd64',
  'os.version': '10.0.1',
  'os.features': ['win32k'],
  variant: 'v2',
}
const replaced = (from: string, to: string, mediaType: string, more: object = {}) =>
  [entry(from, '').digest, { ...entry(to, mediaType, more), size: 9 }] as const

describe.each([
  ['oci', 'v2s2', ociIndex, dockerManifestList, ociManifest, dockerManifest],
  ['v2s2', 'oci', dockerManifestList, ociIndex, dockerManifest, ociManifest],
] as const)('%s to %s', (_, to, before, after, was, becomes) => {
  test('has the new manifests for the old platforms', () => {
    const converted = convertIndex(
      index(before, [entry('a', was, { platform: windows }), entry('b', was, { platform: windows })]),
      to,
      new Map([replaced('a', 'new', becomes)]),
    )
    expect(converted).toMatchObject({ mediaType: after, dropped: [] })
    expect(decode(converted.bytes)).toEqual({
      schemaVersion: 2,
      mediaType: after,
      manifests: [{ ...entry('new', becomes, { platform: windows }), size: 9 }, entry('b', was, { platform: windows })],
    })
  })

  test('leaves out what it is told to', () => {
    const bytes = index(before, [entry('a', was), entry('b', was), entry('a', was)])
    const { manifests } = decode(convertIndex(bytes, to, new Map([[entry('a', was).digest, null]])).bytes)
    expect(manifests).toHaveLength(1)
  })

  test.each([[], null])('of no entries (%j) has none', manifests => {
    expect(decode(convertIndex(index(before, manifests), to, new Map()).bytes).manifests).toEqual([])
  })
})

test('what a manifest list has no place for is named', () => {
  const attested = { 'vnd.docker.reference.digest': entry('a', '').digest }
  const { bytes, dropped } = convertIndex(
    index(ociIndex, [entry('a', ociManifest, { annotations: attested, platform: windows })], {
      annotations: { a: 'b' },
      subject: entry('s', ociManifest),
    }),
    'v2s2',
    new Map(),
  )
  expect(dropped.toSorted()).toEqual(['annotations', 'manifests.0.annotations', 'subject'])
  expect(Object.keys(decode(bytes))).toEqual(['schemaVersion', 'mediaType', 'manifests'])
})

test('features of a CPU have no place in OCI', () => {
  const platform = { ...windows, features: ['sse4'] }
  const { bytes, dropped } = convertIndex(
    index(dockerManifestList, [entry('a', dockerManifest, { platform })]),
    'oci',
    new Map(),
  )
  expect(dropped).toEqual(['manifests.0.platform.features'])
  expect(decode(bytes).manifests[0].platform).toEqual(windows)
})

test('a manifest list says a platform of each entry', () => {
  const bytes = index(ociIndex, [
    entry('a', ociManifest),
    entry('b', ociManifest, { platform: null }),
    entry('c', ociManifest, { platform: { os: '' } }),
  ])
  const { manifests } = decode(
    convertIndex(bytes, 'v2s2', new Map([replaced('a', 'new', dockerManifest, { platform: windows })])).bytes,
  )
  const unknown = { os: 'unknown', architecture: 'unknown' }
  expect(manifests.map(({ platform }: { platform: unknown }) => platform)).toEqual([windows, unknown, unknown])
})

test('an index that has the format keeps what nobody knows of, and an attestation goes on speaking of its image', () => {
  const annotations = { 'vnd.docker.reference.digest': entry('a', '').digest }
  const bytes = index(ociIndex, [entry('a', ociManifest), entry('b', ociManifest, { annotations })], { unknown: 1 })
  expect(convertIndex(bytes, 'oci', new Map()).bytes).toBe(bytes)
  const now = decode(convertIndex(bytes, 'oci', new Map([replaced('a', 'new', ociManifest)])).bytes)
  expect(now.unknown).toBe(1)
  expect(now.manifests[1].annotations).toEqual({ 'vnd.docker.reference.digest': entry('new', '').digest })
})

test.each([
  ['an index', ociIndex],
  ['a manifest list', dockerManifestList],
  ['what is no manifest', 'text/plain'],
])('a manifest list cannot name %s', (_, mediaType) => {
  expect(() => convertIndex(index(ociIndex, [entry('a', mediaType)]), 'v2s2', new Map())).toThrow(
    expect.objectContaining({ code: 'unsupported', message: expect.stringContaining(`manifests.0 is ${mediaType}`) }),
  )
})

test('a manifest is no index', () => {
  const bytes = encode({ schemaVersion: 2, mediaType: ociManifest, config: entry('a', ''), layers: [] })
  expect(() => convertIndex(bytes, 'v2s2', new Map())).toThrow(expect.objectContaining({ code: 'bad-manifest' }))
})
