import { expect, test } from 'vitest'
import { type Digest, digestOf } from '../model/digest.ts'
import { limits } from '../model/limits.ts'
import { ociIndex, ociManifest } from '../model/media-types.ts'
import type { BuiltImage } from '../testing/build-image.ts'
import { memoryDestination, memorySource } from '../testing/memory-image.ts'
import { createManifestReader } from './manifest-reader.ts'
import { planCopy } from './plan.ts'

/** What one manifest has room for. */
const layersEach = 30_000

/** An image of so many descriptors, whose layers nobody has. */
function imageOf(nodes: number): BuiltImage {
  const blobs = new Map<Digest, Uint8Array>()
  const add = (mediaType: string, document: object) => {
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...document }))
    const digest = digestOf(bytes)
    blobs.set(digest, bytes)
    return { mediaType, digest, size: bytes.byteLength }
  }
  let made = 0
  const blob = () => ({ mediaType: 'x', digest: `sha256:${String(made++).padStart(64, '0')}`, size: 1 })
  const manifests = []
  for (let left = nodes - 1; left > 0; left -= layersEach) {
    const layers = Math.min(layersEach, left) - 2
    manifests.push(add(ociManifest, { config: blob(), layers: Array.from({ length: layers }, blob) }))
  }
  return { root: { kind: 'index', ...add(ociIndex, { manifests }) }, blobs }
}

test('an image has so many descriptors, and no more', async () => {
  const plan = (nodes: number) => {
    const image = imageOf(nodes)
    return planCopy(image.root, createManifestReader(memorySource(image)), memoryDestination())
  }
  expect((await plan(limits.manifestNodes)).nodes.size).toBe(limits.manifestNodes)
  await expect(plan(limits.manifestNodes + 1)).rejects.toMatchObject({ code: 'too-large' })
})
