import { expect, test } from 'vitest'
import { digestOf } from '../model/digest.ts'
import { limits } from '../model/limits.ts'
import { ociIndex } from '../model/media-types.ts'
import { parsePlatform } from '../model/platform.ts'
import { type BuiltImage, buildImage, buildIndex } from '../testing/build-image.ts'
import { memorySource } from '../testing/memory-image.ts'
import { choosePlatforms } from './choose-root.ts'
import { createManifestReader } from './manifest-reader.ts'

function choose(image: BuiltImage, ...platforms: string[]) {
  const source = memorySource(image)
  return choosePlatforms(image.root, platforms.map(parsePlatform), source, createManifestReader(source))
}

/** An index over these images, whose entries name no platform. */
function silentIndex(...images: BuiltImage[]): BuiltImage {
  const manifests = images.map(({ root: { mediaType, digest, size } }) => ({ mediaType, digest, size }))
  const bytes = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests }))
  const digest = digestOf(bytes)
  const blobs = new Map([...images.flatMap(image => [...image.blobs]), [digest, bytes] as const])
  return { root: { kind: 'index', mediaType: ociIndex, digest, size: bytes.byteLength }, blobs }
}

test('an index around an index is looked into', async () => {
  const inner = buildIndex({ 'linux/amd64': {}, 'linux/arm64': {} })
  expect(await choose(silentIndex(inner), 'linux/arm64')).toMatchObject({
    kept: ['linux/arm64'],
    leftOut: ['linux/amd64'],
  })
})

test('an index around an index stays where it is sparse', async () => {
  const image = silentIndex(buildIndex({ 'linux/amd64': {}, 'linux/arm64': {} }))
  const source = memorySource(image)
  const wanted = [parsePlatform('linux/arm64')]
  const reader = createManifestReader(source)
  const selection = await choosePlatforms(image.root, wanted, source, reader, { index: 'sparse' })
  expect(selection.root).toEqual(image.root)
  expect(selection.absent).toHaveLength(1)
})

test('where an index names no platform, the configs do', async () => {
  const index = silentIndex(buildImage({ platform: 'linux/amd64' }), buildImage({ platform: 'linux/s390x' }))
  expect(await choose(index, 'linux/s390x')).toMatchObject({ kept: ['linux/s390x'], leftOut: ['linux/amd64'] })
})

test('a plain image is what its config says', async () => {
  const image = buildImage({ platform: 'linux/arm/v7' })
  expect((await choose(image, 'linux/arm')).root).toEqual(image.root)
  await expect(choose(image, 'linux/amd64')).rejects.toMatchObject({
    code: 'platform-not-found',
    hint: 'it has linux/arm/v7',
  })
})

test('indexes within indexes end somewhere', async () => {
  const nested = (depth: number): BuiltImage =>
    depth === 0 ? buildIndex({ 'linux/amd64': {}, 'linux/arm64': {} }) : silentIndex(nested(depth - 1))
  expect(await choose(nested(limits.manifestDepth), 'linux/arm64')).toMatchObject({ kept: ['linux/arm64'] })
  await expect(choose(nested(limits.manifestDepth + 1), 'linux/arm64')).rejects.toMatchObject({ code: 'too-large' })
})
