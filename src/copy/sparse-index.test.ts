import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { parsePlatform } from '../model/platform.ts'
import { buildIndex } from '../testing/build-image.ts'
import { startFakeRegistry } from '../testing/fake-registry.ts'
import { writeLayout } from '../testing/write-layout.ts'
import { copyImage } from './copy-image.ts'
import type { CopyOptions } from './copy-options.ts'
import { inspectImage } from './inspect-image.ts'

const image = buildIndex(
  {
    'linux/amd64': { layers: [Buffer.from('one')] },
    'linux/arm64': { layers: [Buffer.from('two')] },
    'linux/s390x': { layers: [Buffer.from('three')] },
  },
  { attestations: true },
)
const only = (...names: string[]): CopyOptions => ({ index: 'sparse', platforms: names.map(parsePlatform) })

let folder: string
let from: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lading-test-'))
  await writeLayout(path.join(folder, 'from'), { v1: image })
  from = `oci:${folder}/from:v1`
})

async function missingThere(reference: string): Promise<readonly (string | undefined)[]> {
  const { platforms } = await inspectImage(reference)
  return platforms.filter(({ problem }) => problem !== undefined).map(({ platform }) => platform)
}

describe.each(['oci:', 'dir:', 'oci-archive:'])('a sparse index in %s', transport => {
  test('has the platforms that are wanted, with their attestations, and its own digest', async () => {
    const to = `${transport}${folder}/to`
    const first = await copyImage(from, to, { ...only('linux/amd64'), preserveDigests: true })
    expect(first).toMatchObject({ digest: image.root.digest, platforms: ['linux/amd64'], changed: true })
    expect(first.leftOut).toEqual(['linux/arm64', 'linux/s390x'])
    expect(first.rewritten).toBeUndefined()
    // the two others and their attestations
    expect(await missingThere(to)).toHaveLength(4)
    const again = await copyImage(from, to, only('linux/amd64'))
    expect(again).toMatchObject({ changed: false, blobs: { copied: 0, present: 4 } })
  })

  test('is filled by later copies', async () => {
    const to = `${transport}${folder}/to`
    await copyImage(from, to, { index: 'alone' })
    await copyImage(from, to, only('linux/arm64'))
    await copyImage(from, to, only('linux/s390x'))
    expect(await missingThere(to)).toHaveLength(2)
    const { changed, blobs } = await copyImage(from, to)
    expect({ changed, blobs }).toMatchObject({ changed: false, blobs: { copied: 4, present: 8 } })
    expect(await missingThere(to)).toEqual([])
  })
})

describe('a bucket', () => {
  const bucket = (tag: string) => `local://${folder}/bucket//app:${tag}`

  test.each<[string, CopyOptions]>([
    ['a sparse index', only('linux/amd64')],
    ['an index alone', { index: 'alone' }],
  ])('refuses %s where something is missing, and takes it where nothing is', async (_, options) => {
    await copyImage(from, bucket('some'), { platforms: [parsePlatform('linux/amd64')] })
    const refused = copyImage(from, bucket('v1'), options)
    await expect(refused).rejects.toMatchObject({ code: 'unsupported', side: 'destination' })
    await expect(refused).rejects.toThrow(/names what it does not have: sha256:[0-9a-f]{64}$/)
    await expect(inspectImage(bucket('v1'))).rejects.toMatchObject({ code: 'image-not-found' })
    await copyImage(from, bucket('whole'))
    expect(await copyImage(from, bucket('v1'), options)).toMatchObject({
      digest: image.root.digest,
      changed: true,
      blobs: { copied: 0, present: 12 },
    })
  })
})

describe('a registry that takes a sparse index', () => {
  test('is given what is missing by the next, and by --all', async () => {
    await using registry = await startFakeRegistry({ quirks: { acceptsMissingContent: true } })
    const to = `docker://${registry.host}/app:v1`
    const had = () => registry.repository('app').manifests.size
    await copyImage(from, to, only('linux/amd64'))
    expect(had()).toBe(3)
    expect(await copyImage(from, to, only('linux/arm64'))).toMatchObject({ changed: false, blobs: { copied: 4 } })
    expect(had()).toBe(5)
    await copyImage(from, to, { allPlatforms: true })
    expect(had()).toBe(7)
  })
})

test('a registry that refuses it says why, and no other format is tried', async () => {
  const registry = await startFakeRegistry()
  onTestFinished(() => registry[Symbol.asyncDispose]())
  const refused = copyImage(from, `docker://${registry.host}/app:v1`, { index: 'alone' })
  await expect(refused).rejects.toMatchObject({ code: 'blob-not-found', side: 'destination' })
  await expect(refused).rejects.toThrow(/does not have all that manifest v1 names: MANIFEST_BLOB_UNKNOWN/)
})

test.each<[string, CopyOptions]>([
  ['a format', { format: 'v2s2' }],
  ['a compression', { compression: 'zstd', recompress: 'all' }],
])('an index that keeps its bytes is refused with %s', async (_, options) => {
  const refused = copyImage(from, `oci:${folder}/to:v1`, { ...only('linux/amd64'), ...options })
  await expect(refused).rejects.toMatchObject({ code: 'unsupported' })
})

test('a place that holds no index refuses one', async () => {
  const refused = copyImage(from, `docker-archive:${folder}/a.tar:app:v1`, { index: 'alone' })
  await expect(refused).rejects.toMatchObject({ code: 'unsupported', side: 'destination' })
})

test('an image that is in no index is copied, whatever becomes of one', async () => {
  await copyImage(from, `oci:${folder}/one:v1`, { platforms: [parsePlatform('linux/amd64')] })
  const { changed, blobs } = await copyImage(`oci:${folder}/one:v1`, `dir:${folder}/to`, { index: 'alone' })
  expect({ changed, blobs }).toMatchObject({ changed: true, blobs: { copied: 2 } })
})
