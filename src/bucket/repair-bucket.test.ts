import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { copyImage } from '../copy/index.ts'
import { isLadingError } from '../errors/index.ts'
import { blobKey, condemnBlobs, listCondemned, readCondemned, tagKeys } from '../layout/index.ts'
import { type Digest, digestOf } from '../model/digest.ts'
import { formatPlatform, hostPlatform } from '../model/platform.ts'
import { openStore } from '../stores/index.ts'
import { buildImage, buildIndex } from '../testing/build-image.ts'
import { startFakeRegistry } from '../testing/fake-registry.ts'
import { writeLayout } from '../testing/write-layout.ts'
import { checkBucket } from './check-bucket.ts'
import { repairBucket } from './repair-bucket.ts'

const folder = await mkdtemp(join(tmpdir(), 'lading-repair-'))
afterAll(() => rm(folder, { recursive: true }))

const text = (value: string) => new TextEncoder().encode(value)
const [amd, arm] = [text('amd64 layer'), text('arm64 layer')]
const recipes = { 'linux/amd64': { layers: [amd] }, 'linux/arm64': { layers: [arm] } }
const image = buildIndex(recipes)
const armImage = buildImage({ ...recipes['linux/arm64'], platform: 'linux/arm64' })
const layout = `oci:${join(folder, 'layout')}:v1`

beforeAll(async () => {
  await writeLayout(join(folder, 'layout'), { v1: image })
  for (const tag of ['v1', 'v2']) await copyImage(layout, `local://${folder}/whole//app:${tag}`)
})

let buckets = 0
/** A new bucket that holds the image, under two tags. */
async function newBucket(): Promise<{ readonly root: string; readonly locator: string }> {
  buckets += 1
  const root = join(folder, `bucket-${buckets}`)
  await cp(join(folder, 'whole'), root, { recursive: true })
  return { root, locator: `local://${root}//` }
}

const fileOf = (root: string, digest: Digest) => join(root, blobKey(digest))
const remove = (root: string, digest: Digest) => rm(fileOf(root, digest))
/** The same size, other bytes. */
async function flip(root: string, digest: Digest): Promise<void> {
  const bytes = await readFile(fileOf(root, digest))
  bytes[bytes.length - 2] = (bytes.at(-2) ?? 0) ^ 1
  await writeFile(fileOf(root, digest), bytes)
}

async function isHealthy(locator: string): Promise<boolean> {
  return (await checkBucket(locator, { verify: true })).healthy
}

describe('what is mended', () => {
  test.each<[string, (root: string) => Promise<void>, number, boolean]>([
    ['a missing layer', root => remove(root, digestOf(arm)), 1, false],
    ['a layer that is too short', root => writeFile(fileOf(root, digestOf(arm)), 'arm'), 1, false],
    ['a layer of wrong bytes', root => flip(root, digestOf(arm)), 1, true],
    ['a missing platform manifest', root => remove(root, armImage.root.digest), 1, false],
    ['a damaged platform manifest', root => flip(root, armImage.root.digest), 1, false],
    [
      'a platform of which nothing is left',
      async root => {
        for (const digest of armImage.blobs.keys()) await remove(root, digest)
      },
      3,
      false,
    ],
  ])('%s, of an image and of a bucket', async (_, damage, pieces, verify) => {
    for (const target of ['app:v1', '']) {
      const { root, locator } = await newBucket()
      await damage(root)
      expect(await isHealthy(locator)).toBe(false)
      const result = await repairBucket(`${locator}${target}`, { from: [layout], verify })
      expect(result).toMatchObject({ complete: true, pieces, missing: [] })
      expect(result.repaired.every(({ from, platform }) => from === layout && platform === 'linux/arm64')).toBe(true)
      expect(await isHealthy(locator)).toBe(true)
    }
  })

  test.each(['app:v1', ''])('the copy of a root, from the tag itself: %j', async target => {
    const { root, locator } = await newBucket()
    await flip(root, image.root.digest)
    expect(await isHealthy(locator)).toBe(false)
    const { repaired, complete } = await repairBucket(`${locator}${target}`, { from: [layout], verify: true })
    expect(complete).toBe(true)
    expect(repaired).toMatchObject([{ digest: image.root.digest, kind: 'index', from: 'the tag itself' }])
    expect(await isHealthy(locator)).toBe(true)
  })

  test('nothing, where nothing is wrong', async () => {
    const { locator } = await newBucket()
    const result = await repairBucket(`${locator}app:v1`, { from: [layout], verify: true })
    expect(result).toMatchObject({ complete: true, pieces: 0, tags: { checked: 1, repaired: 0, incomplete: 0 } })
  })

  test('wrong bytes of the right size are believed without verify', async () => {
    const { root, locator } = await newBucket()
    await flip(root, digestOf(arm))
    expect(await repairBucket(locator, { from: [layout] })).toMatchObject({ complete: true, pieces: 0 })
    expect(await isHealthy(locator)).toBe(false)
  })

  test('an image named by its digest', async () => {
    const { root, locator } = await newBucket()
    await remove(root, digestOf(arm))
    await repairBucket(`${locator}app@${image.root.digest}`, { from: [layout] })
    expect(await isHealthy(locator)).toBe(true)
  })

  test('the tag does not move, whatever its source stands for', async () => {
    const { root, locator } = await newBucket()
    await remove(root, digestOf(arm))
    const source = await newBucket()
    const moved = `oci:${join(folder, 'moved')}:v1`
    await writeLayout(join(folder, 'moved'), { v1: buildImage({ layers: [text('something else')] }) })
    await copyImage(moved, `${source.locator}app:v1`)
    const before = await readFile(join(root, tagKeys('app', 'v1').manifest))
    await repairBucket(locator, { from: [source.locator] })
    expect(await readFile(join(root, tagKeys('app', 'v1').manifest))).toEqual(before)
    expect(await isHealthy(locator)).toBe(true)
  })
})

describe('a source', () => {
  /** Everything of one platform is gone. */
  async function damaged() {
    const bucket = await newBucket()
    for (const digest of armImage.blobs.keys()) await remove(bucket.root, digest)
    return bucket
  }

  test('is a registry, and a prefix of one', async () => {
    await using registry = await startFakeRegistry()
    await copyImage(layout, `${registry.host}/mirror/app:v1`)
    for (const from of [
      `${registry.host}/mirror/app:v1`,
      `${registry.host}/mirror/`,
      `docker://${registry.host}/mirror/`,
    ]) {
      const { locator } = await damaged()
      await repairBucket(locator, { from: [from] })
      expect(await isHealthy(locator)).toBe(true)
    }
  })

  test('is a dir:', async () => {
    const { locator } = await damaged()
    await copyImage(layout, `dir:${join(folder, 'dir')}`)
    await repairBucket(locator, { from: [`dir:${join(folder, 'dir')}`] })
    expect(await isHealthy(locator)).toBe(true)
  })

  test('is another bucket, whole or an image of it', async () => {
    const source = await newBucket()
    for (const from of [source.locator, `local://${source.root}`, `${source.locator}app:v1`]) {
      const { locator } = await damaged()
      await repairBucket(locator, { from: [from] })
      expect(await isHealthy(locator)).toBe(true)
    }
  })

  test('is a docker-archive that has the layers as they are', async () => {
    const host = formatPlatform(hostPlatform())
    const plain = buildIndex({ [host]: { layers: [text('a plain layer')] } })
    await writeLayout(join(folder, 'plain'), { v1: plain })
    const archive = `docker-archive:${join(folder, 'plain.tar')}`
    await copyImage(`oci:${join(folder, 'plain')}:v1`, archive)
    const bucket = await newBucket()
    await copyImage(`oci:${join(folder, 'plain')}:v1`, `${bucket.locator}plain:v1`)
    await remove(bucket.root, digestOf(text('a plain layer')))
    await repairBucket(bucket.locator, { from: [archive] })
    expect(await isHealthy(bucket.locator)).toBe(true)
  })

  test('that has a part is asked before one that has the rest', async () => {
    const { locator } = await damaged()
    await writeLayout(join(folder, 'part'), { v1: armImage })
    const part = `oci:${join(folder, 'part')}:v1`
    const store = await openStore({ scheme: 'local', root: join(folder, 'part') })
    await store.delete(blobKey(digestOf(arm)))
    const { repaired } = await repairBucket(locator, { from: [part, layout] })
    expect(repaired.map(({ kind, from }) => [kind, from])).toEqual(
      expect.arrayContaining([
        ['layer', layout],
        ['config', part],
        ['manifest', part],
      ]),
    )
    expect(await isHealthy(locator)).toBe(true)
  })

  test('with wrong bytes is as good as one without', async () => {
    const { locator } = await damaged()
    await cp(join(folder, 'layout'), join(folder, 'bad'), { recursive: true })
    await flip(join(folder, 'bad'), digestOf(arm))
    const bad = `oci:${join(folder, 'bad')}:v1`
    const first = await repairBucket(locator, { from: [bad] })
    expect(first).toMatchObject({ complete: false, tags: { incomplete: 2 } })
    const lacks = { image: 'app', digest: digestOf(arm), kind: 'layer', platform: 'linux/arm64' }
    expect(first.missing).toMatchObject([
      { ...lacks, tag: 'v1', why: expect.stringContaining('digest') },
      { ...lacks, tag: 'v2', why: 'no source has it, as was said before' },
    ])
    expect(await repairBucket(locator, { from: [bad, layout] })).toMatchObject({ complete: true, pieces: 1 })
    expect(await isHealthy(locator)).toBe(true)
  })

  test.each([
    ['that is read once', () => `oci-archive:${join(folder, 'once.tar.gz')}`, 'unsupported'],
    ['that is not there', () => `local://${join(folder, 'nowhere')}//app:v1`, 'bucket-not-found'],
    ['that is no reference', () => 's3://', 'bad-reference'],
  ])('%s is refused before anything is done', async (_, from, code) => {
    await writeFile(join(folder, 'once.tar.gz'), gzipSync(new Uint8Array(10_240)))
    const { root, locator } = await damaged()
    const failed = repairBucket(locator, { from: [layout, from()] })
    await expect(failed).rejects.toSatisfy(error => isLadingError(error) && error.code === code)
    await expect(readFile(fileOf(root, digestOf(arm)))).rejects.toThrow('ENOENT')
  })
})

test('a damaged blob that no source has stays as it is', async () => {
  const { root, locator } = await newBucket()
  await flip(root, digestOf(arm))
  const before = await readFile(fileOf(root, digestOf(arm)))
  await writeLayout(join(folder, 'other'), { v1: buildImage({ layers: [text('other')] }) })
  const result = await repairBucket(locator, { from: [`oci:${join(folder, 'other')}:v1`], verify: true })
  expect(result).toMatchObject({ complete: false, pieces: 0 })
  expect(new Set(result.missing.map(({ digest }) => digest))).toEqual(new Set([digestOf(arm)]))
  expect(await readFile(fileOf(root, digestOf(arm)))).toEqual(before)
})

test('what a clean has condemned and a repair puts back is condemned no more', async () => {
  const { root, locator } = await newBucket()
  await using store = await openStore({ scheme: 'local', root })
  const other = digestOf(text('other'))
  await condemnBlobs(store, new Map([digestOf(arm), other].sort().map(digest => [digest, 5])))
  await remove(root, digestOf(arm))
  await repairBucket(locator, { from: [layout] })
  const [record] = await Array.fromAsync(listCondemned(store))
  if (record === undefined) throw new Error('the record is gone')
  expect([...((await readCondemned(store, record))?.blobs.keys() ?? [])]).toEqual([other])
})

test('a root that cannot be read is told', async () => {
  const { root, locator } = await newBucket()
  await writeFile(join(root, tagKeys('app', 'v1').manifest), '{')
  const { missing, complete } = await repairBucket(`${locator}app:v1`, { from: [layout] })
  expect(complete).toBe(false)
  expect(missing).toMatchObject([{ digest: digestOf(text('{')), why: expect.stringContaining('lading rollback') }])
})

test('a tag that is not there is an error', async () => {
  const { locator } = await newBucket()
  await expect(repairBucket(`${locator}app:v3`, { from: [layout] })).rejects.toThrow('no image app of that tag')
})
