import { expect, test } from 'vitest'
import { digestOf } from '../model/digest.ts'
import { ociConfig, ociLayer, ociLayerGzip, ociManifest } from '../model/media-types.ts'
import { replaceLayers } from './replace-descriptors.ts'

test('a layer of other bytes is not said to be where the old ones are', () => {
  const bytes = (text: string) => new TextEncoder().encode(text)
  const blob = (mediaType: string, text: string) => ({ mediaType, digest: digestOf(bytes(text)), size: text.length })
  const urls = ['https://example.com/layer']
  const [before, other, after] = [blob(ociLayer, 'before'), blob(ociLayer, 'other'), blob(ociLayerGzip, 'after')]
  const layers = [
    { ...before, urls },
    { ...other, urls },
  ]
  const manifest = { schemaVersion: 2, mediaType: ociManifest, config: blob(ociConfig, '{}'), layers }
  const replaced = replaceLayers(bytes(JSON.stringify(manifest)), new Map([[before.digest, after]]))
  expect(JSON.parse(new TextDecoder().decode(replaced)).layers).toEqual([after, { ...other, urls }])
})
