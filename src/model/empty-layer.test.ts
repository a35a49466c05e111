import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { digestOf } from './digest.ts'
import { gzippedEmptyLayer, gzippedEmptyLayerDigest } from './empty-layer.ts'

test('the empty layer is an empty tar archive of the digest that all know', () => {
  expect(digestOf(gzippedEmptyLayer)).toBe(gzippedEmptyLayerDigest)
  expect(gunzipSync(gzippedEmptyLayer)).toEqual(Buffer.alloc(1024))
})
