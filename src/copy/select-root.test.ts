import { expect, test } from 'vitest'
import { digestOf } from '../model/digest.ts'
import { type LayerCompression, ociIndex } from '../model/media-types.ts'
import { formatPlatform, hostPlatform, parsePlatform } from '../model/platform.ts'
import { type BuiltImage, buildImage, buildIndex } from '../testing/build-image.ts'
import { memoryDestination, memorySource } from '../testing/memory-image.ts'
import type { CopyOptions } from './copy-options.ts'
import { createManifestReader } from './manifest-reader.ts'
import { selectRoot } from './select-root.ts'

const host = formatPlatform(hostPlatform())

test.each([
  ['this machine’s of several', buildIndex({ [host]: {}, 'linux/s390x': {} }), ['linux/s390x']],
  ['the only one there is, with its attestation', buildIndex({ 'linux/s390x': {} }, { attestations: true }), []],
  ['an image that is in no index', buildImage(), []],
] as const)('where one platform is wanted: %s', async (_, image, leftOut) => {
  const source = memorySource(image)
  const reader = createManifestReader(source)
  const selection = await selectRoot(image.root, { onePlatform: true }, source, memoryDestination(), reader)
  expect(selection.leftOut).toEqual(leftOut)
  expect(selection.root.digest === image.root.digest).toBe(leftOut.length === 0)
})

test.each([
  ['an index of several', buildIndex({ [host]: {}, 'linux/s390x': {} })],
  ['an index of one, as the containers tools choose', buildIndex({ 'linux/s390x': {} })],
])('where another system is wanted: %s', async (_, image) => {
  const source = memorySource(image)
  const options = { onePlatform: true, system: parsePlatform('linux/s390x'), platformMatching: 'compatible' } as const
  const selection = await selectRoot(image.root, options, source, memoryDestination(), createManifestReader(source))
  expect(selection.kept).toEqual(['linux/s390x'])
})

/** An index of two images for one platform, the second marked as the one with zstd. */
function twins(): BuiltImage {
  const images = ['gzip', 'zstd'].map(word => buildImage({ layers: [new TextEncoder().encode(word)] }))
  const annotations = { 'io.github.containers.compression.zstd': 'true' }
  const manifests = images.map(({ root: { kind: _, ...root } }, position) => ({
    ...root,
    platform: { os: 'linux', architecture: 'amd64' },
    ...(position === 1 ? { annotations } : {}),
  }))
  const bytes = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests }))
  const root = { kind: 'index', mediaType: ociIndex, digest: digestOf(bytes), size: bytes.byteLength } as const
  return { root, blobs: new Map([...images.flatMap(({ blobs }) => [...blobs]), [root.digest, bytes]]) }
}

test.each<[string, readonly LayerCompression[], CopyOptions, 'gzip' | 'zstd']>([
  ['both are taken', ['gzip', 'zstd', 'none'], {}, 'zstd'],
  ['neither is', ['none'], {}, 'zstd'],
  ['gzip alone is', ['none', 'gzip'], {}, 'gzip'],
  ['the format has no zstd', ['gzip', 'zstd', 'none'], { format: 'v2s2' }, 'gzip'],
  ['all shall be gzip', ['gzip', 'zstd'], { compression: 'gzip', recompress: 'all' }, 'gzip'],
  ['the containers tools choose', ['none', 'gzip'], { platformMatching: 'compatible' }, 'zstd'],
])('of two images for one platform, where %s', async (_, layers, options, chosen) => {
  const image = twins()
  const source = memorySource(image)
  const to = memoryDestination()
  const destination = { ...to, traits: { ...to.traits, layers } }
  const wanted = { ...options, platforms: [parsePlatform('linux/amd64')] }
  const { root } = await selectRoot(image.root, wanted, source, destination, createManifestReader(source))
  expect(root.annotations === undefined).toBe(chosen === 'gzip')
})
