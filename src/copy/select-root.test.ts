import { expect, test } from 'vitest'
import { formatPlatform, hostPlatform } from '../model/platform.ts'
import { buildImage, buildIndex } from '../testing/build-image.ts'
import { memoryDestination, memorySource } from '../testing/memory-image.ts'
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
