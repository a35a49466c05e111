import { expect, test } from 'vitest'
import {
  dockerManifest,
  dockerManifestList,
  dockerSchema1,
  dockerSchema1Signed,
  formatOfManifest,
  isForeignLayerType,
  layerCompression,
  layerTypeAs,
  ociIndex,
  ociLayerGzip,
  ociManifest,
} from './media-types.ts'

const foreign = 'application/vnd.docker.image.rootfs.foreign.diff.tar'
const nondistributable = 'application/vnd.oci.image.layer.nondistributable.v1.tar'

test.each([
  [ociManifest, 'oci'],
  [ociIndex, 'oci'],
  [`${dockerManifest}; charset=utf-8`, 'v2s2'],
  [dockerManifestList, 'v2s2'],
  [dockerSchema1, 'v2s1'],
  [dockerSchema1Signed, 'v2s1'],
  [ociLayerGzip, undefined],
])('%s is of the format %s', (mediaType, format) => expect(formatOfManifest(mediaType)).toBe(format))

test('a foreign layer stays one, however it is compressed', () => {
  expect([`${foreign}.gzip`, `${nondistributable}+gzip`].map(layerCompression)).toEqual(['gzip', 'gzip'])
  expect(layerTypeAs(`${foreign}.gzip`, 'none')).toBe(foreign)
  expect(layerTypeAs(nondistributable, 'gzip')).toBe(`${nondistributable}+gzip`)
  expect([foreign, nondistributable, ociLayerGzip, 'text/plain'].map(isForeignLayerType)).toEqual([
    true,
    true,
    false,
    false,
  ])
})
