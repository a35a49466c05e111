import { describe, expect, test } from 'vitest'
import { digestOf } from '../model/digest.ts'
import {
  dockerConfig,
  dockerLayer,
  dockerLayerGzip,
  dockerLayerZstd,
  dockerManifest,
  ociConfig,
  ociIndex,
  ociLayer,
  ociLayerGzip,
  ociLayerZstd,
  ociManifest,
} from '../model/media-types.ts'
import { convertManifest } from './convert-manifest.ts'

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const decode = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes))
const blob = (mediaType: string, more: object = {}) => ({
  mediaType,
  digest: digestOf(encode(mediaType)),
  size: 7,
  ...more,
})
const oci = (layers: unknown, more: object = {}) =>
  encode({ schemaVersion: 2, mediaType: ociManifest, config: blob(ociConfig), layers, ...more })
const docker = (layers: unknown, more: object = {}) =>
  encode({ schemaVersion: 2, mediaType: dockerManifest, config: blob(dockerConfig), layers, ...more })

const foreign = 'application/vnd.docker.image.rootfs.foreign.diff.tar'
const nondistributable = 'application/vnd.oci.image.layer.nondistributable.v1.tar'
const urls = ['https://example.com/layer']

describe('the types of layers', () => {
  test.each([
    [dockerLayer, ociLayer],
    [dockerLayerGzip, ociLayerGzip],
    [foreign, nondistributable],
    [`${foreign}.gzip`, `${nondistributable}+gzip`],
  ])('%s and %s are each other', (inDocker, inOci) => {
    const toOci = convertManifest(docker([blob(inDocker, { urls })]), 'oci')
    expect(decode(toOci.bytes)).toEqual(
      decode(
        oci([{ ...blob(inDocker, { urls }), mediaType: inOci }], {
          config: { ...blob(dockerConfig), mediaType: ociConfig },
        }),
      ),
    )
    expect(toOci).toMatchObject({ mediaType: ociManifest, dropped: [] })
    const back = convertManifest(toOci.bytes, 'v2s2')
    expect(decode(back.bytes)).toEqual(decode(docker([blob(inDocker, { urls })])))
    expect(back).toMatchObject({ mediaType: dockerManifest, dropped: [] })
  })

  test('that others write into a manifest of OCI are understood', () => {
    expect(decode(convertManifest(oci([blob(dockerLayerGzip)]), 'v2s2').bytes).layers).toEqual([blob(dockerLayerGzip)])
  })

  test('that Docker has no name for are kept in OCI, which may have any', () => {
    const { layers } = decode(convertManifest(docker([blob(dockerLayerZstd), blob('text/plain')]), 'oci').bytes)
    expect(layers.map((layer: { mediaType: string }) => layer.mediaType)).toEqual([ociLayerZstd, 'text/plain'])
  })
})

test('a manifest that has the format is given back as it is, with what nobody knows of', () => {
  const bytes = oci([blob(ociLayerZstd)], { 'x-unknown': 1, annotations: { a: 'b' } })
  expect(convertManifest(bytes, 'oci')).toEqual({ bytes, mediaType: ociManifest, dropped: [] })
})

test('what Docker has no place for is named', () => {
  const layer = blob(ociLayerGzip, { annotations: { a: 'b' }, platform: null, urls: [] })
  const { bytes, dropped } = convertManifest(
    oci([layer], { artifactType: 'a/b', annotations: { a: 'b' }, subject: blob(ociManifest), unknown: 0, empty: {} }),
    'v2s2',
  )
  expect(dropped.toSorted()).toEqual(['annotations', 'artifactType', 'layers.0.annotations', 'subject', 'unknown'])
  expect(decode(bytes)).toEqual({
    schemaVersion: 2,
    mediaType: dockerManifest,
    config: { ...blob(ociConfig), mediaType: dockerConfig },
    layers: [{ ...blob(ociLayerGzip), mediaType: dockerLayerGzip }],
  })
})

test('what OCI has a place for is kept on the way there', () => {
  const more = { annotations: { a: 'b' }, subject: blob(ociManifest), unknown: true }
  const { bytes, dropped } = convertManifest(docker([blob(dockerLayer, { annotations: { c: 'd' } })], more), 'oci')
  expect(dropped).toEqual(['unknown'])
  expect(decode(bytes)).toMatchObject({ annotations: { a: 'b' }, subject: blob(ociManifest) })
  expect(decode(bytes).layers[0].annotations).toEqual({ c: 'd' })
})

test.each([[], null])('an image of no layers (%j) has none', layers => {
  expect(decode(convertManifest(oci(layers), 'v2s2').bytes).layers).toEqual([])
})

test('a type that is only outside is believed', () => {
  const bytes = encode({ schemaVersion: 2, config: blob(dockerConfig), layers: [] })
  expect(convertManifest(bytes, 'oci', dockerManifest).mediaType).toBe(ociManifest)
  expect(convertManifest(bytes, 'v2s2', dockerManifest).bytes).toBe(bytes)
})

describe('Docker refuses', () => {
  test.each([
    ['zstd', oci([blob(ociLayerZstd)]), 'compressed with zstd'],
    ['zstd by its name in Docker', oci([blob(dockerLayerZstd)]), 'compressed with zstd'],
    ['a foreign layer of zstd', oci([blob(`${nondistributable}+zstd`)]), 'compressed with zstd'],
    ['an encrypted layer', oci([blob(`${ociLayerGzip}+encrypted`)]), 'encrypted'],
    ['what is no layer', oci([blob('application/vnd.in-toto+json')]), 'in-toto+json is no layer'],
    ['an artifact', oci([], { config: blob('application/vnd.oci.empty.v1+json') }), 'it is an artifact'],
  ])('%s', (_, bytes, why) => {
    expect(() => convertManifest(bytes, 'v2s2')).toThrow(
      expect.objectContaining({ code: 'unsupported', message: expect.stringContaining(why) }),
    )
  })
})

test('an index is no manifest', () => {
  const bytes = encode({ schemaVersion: 2, mediaType: ociIndex, manifests: [] })
  expect(() => convertManifest(bytes, 'v2s2')).toThrow(expect.objectContaining({ code: 'bad-manifest' }))
})
