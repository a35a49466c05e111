import { describe, expect, test } from 'vitest'
import { blobKey, condemnBlobs, readBucketConfig, referrerKey, systemClock, tagKeys } from '../../layout/index.ts'
import { type Digest, digestOf } from '../../model/digest.ts'
import { memoryStore, type ObjectStore } from '../../stores/index.ts'
import { type BuiltImage, buildImage, buildIndex } from '../../testing/build-image.ts'
import { cleanStore } from '../clean/clean-store.ts'
import { type PriceList, prices } from './prices.ts'
import { type StatsWork, storeStats } from './store-stats.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const sized = (letter: string, size: number) => bytes(letter.repeat(size))
const longAgo = new Date('2026-01-01T00:00:00Z')

/** A store whose objects are old enough to be cleaned. */
function oldStore(): ObjectStore {
  return memoryStore({ now: () => longAgo })
}

async function addBlobs(store: ObjectStore, { blobs }: BuiltImage): Promise<void> {
  for (const [digest, content] of blobs) await store.put(blobKey(digest), content, { content: digest })
}

async function addTag(
  store: ObjectStore,
  name: string,
  image: BuiltImage,
  history: readonly BuiltImage[] = [image],
): Promise<void> {
  const at = name.lastIndexOf(':')
  const keys = tagKeys(name.slice(0, at), name.slice(at + 1))
  for (const one of [image, ...history]) await addBlobs(store, one)
  await store.put(keys.manifest, image.blobs.get(image.root.digest) ?? new Uint8Array())
  const entries = history.map(({ root }) => ({ pushed_at: longAgo.toISOString(), digest: root.digest, size_bytes: 0 }))
  await store.put(keys.history, bytes(JSON.stringify(entries)))
}

function stats(store: ObjectStore, options: Partial<StatsWork> = {}) {
  return storeStats(store, { path: '', layers: false, limit: 50, prices, arePricesGiven: false, ...options })
}

/** Of images together: each blob once. */
function sizeOf(...images: readonly BuiltImage[]): number {
  const blobs = new Map(images.flatMap(image => [...image.blobs]))
  return [...blobs.values()].reduce((sum, { byteLength }) => sum + byteLength, 0)
}

const [base, one, two] = [sized('b', 1000), sized('1', 300), sized('2', 500)]
const multi = buildIndex({ 'linux/amd64': { layers: [base, one] }, 'linux/arm64': { layers: [base, two] } })
const plain = buildImage({ layers: [base, one] })
const artifact = buildImage({ layers: [sized('a', 70)], manifest: { artifactType: 'application/x' } })
const old = buildImage({ layers: [base, sized('o', 2000)] })
const signature = buildImage({ layers: [sized('s', 40)] })

const cosign = ({ root }: BuiltImage) => `${root.digest.replace(':', '-')}.sig`

describe('an image of two platforms that share a layer', () => {
  test('counts the layer once for a tag, and once for all tags', async () => {
    const store = oldStore()
    await addTag(store, 'app:v1', multi)
    const whole = await stats(store)
    expect(whole).toMatchObject({ images: 1, tags: 1, logicalBytes: sizeOf(multi), savedBytes: 0, savedPercent: 0 })

    await addTag(store, 'app:v2', multi)
    await addTag(store, 'tool:v1', plain)
    const found = await stats(store)
    const logical = 2 * sizeOf(multi) + sizeOf(plain)
    expect(found).toMatchObject({
      images: 2,
      tags: 3,
      attachments: 0,
      incompleteTags: 0,
      logicalBytes: logical,
      uniqueBytes: sizeOf(multi, plain),
      savedBytes: logical - sizeOf(multi, plain),
      missing: { count: 0, bytes: 0 },
    })
    expect(found.savedPercent).toBeCloseTo(100 - (100 * sizeOf(multi, plain)) / logical)
    expect(found.blobs.needed).toEqual({
      count: new Set([...multi.blobs.keys(), ...plain.blobs.keys()]).size,
      bytes: sizeOf(multi, plain),
    })
    const own = (image: BuiltImage, other: BuiltImage) => sizeOf(image, other) - sizeOf(other)
    expect(found.byImage).toEqual([
      {
        image: 'app',
        tags: 2,
        attachments: 0,
        logicalBytes: 2 * sizeOf(multi),
        ownBytes: own(multi, plain),
        sharedBytes: sizeOf(multi) - own(multi, plain),
      },
      {
        image: 'tool',
        tags: 1,
        attachments: 0,
        logicalBytes: sizeOf(plain),
        ownBytes: own(plain, multi),
        sharedBytes: sizeOf(plain) - own(plain, multi),
      },
    ])
  })

  test('is one object in the bucket for its tag and one under its digest, and one content', async () => {
    const store = oldStore()
    await addTag(store, 'app:v1', plain)
    await store.delete(blobKey(plain.root.digest))
    const found = await stats(store)
    expect(found).toMatchObject({ logicalBytes: sizeOf(plain), uniqueBytes: sizeOf(plain), incompleteTags: 0 })
    expect(found.blobs.stored.bytes).toBe(sizeOf(plain) - plain.root.size)
    expect(found.stored.bytes).toBe(found.objects.blobs.bytes + found.objects.tags.bytes)
    expect(found.objects.tags.count).toBe(2)
  })
})

test('images with others below their names are told apart', async () => {
  const store = oldStore()
  await addTag(store, 'app:a', plain)
  await addTag(store, 'app/sub:v1', plain)
  await addTag(store, 'app:z', plain)
  const { byImage } = await stats(store)
  expect(byImage.map(({ image, tags, ownBytes, sharedBytes }) => [image, tags, ownBytes, sharedBytes])).toEqual([
    ['app', 2, 0, sizeOf(plain)],
    ['app/sub', 1, 0, sizeOf(plain)],
  ])
})

describe('what is attached', () => {
  test('by a tag of cosign counts as an attachment, and goes with its image', async () => {
    const store = oldStore()
    await addTag(store, 'app:v1', plain)
    await addTag(store, `app:${cosign(plain)}`, signature)
    await addTag(store, 'things:v1', artifact)
    const found = await stats(store)
    expect(found).toMatchObject({
      images: 2,
      tags: 2,
      attachments: 1,
      logicalBytes: sizeOf(plain) + sizeOf(signature) + sizeOf(artifact),
    })
    expect(found.byImage[0]).toMatchObject({
      image: 'app',
      tags: 1,
      attachments: 1,
      ownBytes: sizeOf(plain, signature),
    })
    expect(found.blobs.unneeded.count).toBe(0)
  })

  test.each([
    ['to one image goes with it', ['app:v1'], sizeOf(plain, signature)],
    ['to two is of neither alone', ['app:v1', 'tool:v1'], 0],
  ])('as a referrer without a tag %s', async (_, names, own) => {
    const store = oldStore()
    for (const name of names) await addTag(store, name, plain)
    await addBlobs(store, signature)
    await store.put(referrerKey(plain.root.digest, signature.root.digest), bytes(''))
    const more = buildImage({ layers: [sized('m', 9)] })
    await addBlobs(store, more)
    await store.put(referrerKey(signature.root.digest, more.root.digest), bytes(''))
    const found = await stats(store)
    expect(found).toMatchObject({ attachments: 2, uniqueBytes: sizeOf(plain, signature, more) })
    expect(found.logicalBytes).toBe(names.length * sizeOf(plain) + sizeOf(signature) + sizeOf(more))
    expect(found.byImage[0]?.ownBytes).toBe(own === 0 ? 0 : sizeOf(plain, signature, more))
    expect(found.blobs).toMatchObject({ unneeded: { count: 0 }, needed: { bytes: sizeOf(plain, signature, more) } })
  })

  test('to nothing that is there is needed by nothing', async () => {
    const store = oldStore()
    await addBlobs(store, signature)
    await store.put(referrerKey(plain.root.digest, signature.root.digest), bytes(''))
    const { attachments, blobs } = await stats(store)
    expect([attachments, blobs.unneeded.bytes]).toEqual([0, sizeOf(signature)])
  })
})

describe('history', () => {
  test('keeps blobs that no tag needs, and they go with the image', async () => {
    const store = oldStore()
    await addTag(store, 'app:v1', plain, [plain, old])
    const found = await stats(store)
    const kept = sizeOf(plain, old) - sizeOf(plain)
    expect(found.blobs.historyOnly).toMatchObject({ bytes: kept })
    expect(found).toMatchObject({ logicalBytes: sizeOf(plain), uniqueBytes: sizeOf(plain) })
    expect(found.byImage[0]).toMatchObject({ ownBytes: sizeOf(plain, old), sharedBytes: 0 })
  })

  test('of another image keeps what this one needs', async () => {
    const store = oldStore()
    await addTag(store, 'app:v1', old)
    await addTag(store, 'tool:v1', signature, [signature, old])
    const { byImage, blobs } = await stats(store)
    expect(blobs.historyOnly.count).toBe(0)
    expect(byImage.map(({ ownBytes, sharedBytes }) => [ownBytes, sharedBytes])).toEqual([
      [0, sizeOf(old)],
      [sizeOf(signature), 0],
    ])
  })

  test('keeps no more entries than the bucket says', async () => {
    const store = oldStore()
    await store.put('s3lo.yaml', bytes('default:\n  keep_history: 1\n'))
    await addTag(store, 'app:v1', plain, [plain, old])
    const { blobs } = await stats(store)
    expect([blobs.historyOnly.bytes, blobs.unneeded.bytes]).toEqual([0, sizeOf(plain, old) - sizeOf(plain)])
  })
})

describe('what is not there', () => {
  test('does not count as stored, nor as saved', async () => {
    const store = oldStore()
    await addTag(store, 'app:v1', plain)
    await addTag(store, 'app:v2', plain)
    await store.delete(blobKey(digestOf(base)))
    const found = await stats(store, { layers: true })
    const there = sizeOf(plain) - base.byteLength
    expect(found).toMatchObject({
      incompleteTags: 2,
      missing: { count: 1, bytes: 1000 },
      logicalBytes: 2 * there,
      savedBytes: there,
      clean: { blobs: { count: 0 } },
    })
    expect(found.layers).toMatchObject({ unique: { count: 1, bytes: 300 } })
  })

  test('is no flaw where it is meant to be elsewhere', async () => {
    const store = oldStore()
    const foreign = {
      digest: digestOf(base),
      mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar',
      size: 1000,
    }
    const image = buildImage({ manifest: { layers: [{ ...foreign, urls: ['https://example.com/x'] }] } })
    await addTag(store, 'win:v1', image)
    await store.delete(blobKey(digestOf(bytes('"a layer"'))))
    const found = await stats(store)
    expect(found).toMatchObject({ incompleteTags: 0, missing: { count: 0 } })
    expect(found.logicalBytes).toBe(found.blobs.needed.bytes)
  })

  test('damaged manifests are counted, and what they name is not', async () => {
    const store = oldStore()
    await addTag(store, 'app:v1', plain)
    await store.put(tagKeys('app', 'v1').manifest, bytes('damaged'))
    await store.put('s3lo.yaml', bytes('default:\n  lifecycle:\n    keep_last: 1\n'))
    const found = await stats(store)
    expect(found).toMatchObject({ tags: 1, incompleteTags: 1, clean: { all: { count: 0 }, blobs: { count: 0 } } })
    expect(found.clean.refused).toContain('nobody can tell which blobs app:v1 needs')
  })
})

test('layers in chunks of s3lo 2 are there, and what is stored of them is the chunks', async () => {
  const store = oldStore()
  await addTag(store, 'app:v1', plain)
  await addTag(store, 'app:v2', plain)
  const digest = digestOf(base)
  await store.delete(blobKey(digest))
  await store.put(`recipes/${digest.replace(':', '/')}`, bytes('12345'))
  await store.put('chunks/sha256/00', sized('c', 100))
  await store.put('indexes/sha256/00', sized('i', 7))
  const found = await stats(store)
  expect(found).toMatchObject({
    incompleteTags: 0,
    missing: { count: 0 },
    logicalBytes: 2 * sizeOf(plain),
    uniqueBytes: sizeOf(plain) - 1000 + 112,
    objects: { chunks: { count: 1, bytes: 100 }, recipes: { count: 1, bytes: 5 }, indexes: { count: 1, bytes: 7 } },
  })
})

describe('layers', () => {
  async function filled(): Promise<ObjectStore> {
    const store = oldStore()
    await addTag(store, 'app:v1', multi)
    await addTag(store, 'app:v2', plain)
    await addTag(store, 'tool:v1', buildImage({ layers: [base, sized('x', 400)] }))
    return store
  }
  const layerOf = (content: Uint8Array, names: string[]) => ({
    digest: digestOf(content) as Digest,
    bytes: content.byteLength,
    tags: names.length,
    names,
  })

  test('come with who shares them, the most shared first, then the largest', async () => {
    const { layers } = await stats(await filled(), { layers: true })
    expect(layers).toEqual({
      layers: [
        layerOf(base, ['app:v1', 'app:v2', 'tool:v1']),
        layerOf(one, ['app:v1', 'app:v2']),
        layerOf(two, ['app:v1']),
        layerOf(sized('x', 400), ['tool:v1']),
      ],
      leftOut: 0,
      unique: { count: 4, bytes: 2200 },
      logicalBytes: 3 * 1000 + 2 * 300 + 500 + 400,
    })
  })

  test('are limited, and their totals are not', async () => {
    const found = await stats(await filled(), { layers: true, limit: 1 })
    expect(found.layers).toMatchObject({ layers: [{ tags: 3 }], leftOut: 3, unique: { count: 4 } })
    expect([found.byImage.length, found.imagesLeftOut]).toEqual([1, 1])
    const none = await stats(await filled(), { layers: true, limit: 0 })
    expect(none.layers).toMatchObject({ layers: [], leftOut: 4, unique: { count: 4 } })
  })

  test('and images are those that are asked for; what is counted is the bucket', async () => {
    const found = await stats(await filled(), { layers: true, path: 't*' })
    expect(found.byImage.map(({ image }) => image)).toEqual(['tool'])
    expect(found.layers?.layers.map(({ bytes, tags }) => [bytes, tags])).toEqual([
      [1000, 3],
      [400, 1],
    ])
    expect([found.images, found.tags]).toEqual([2, 3])
  })

  test('name ten tags at most', async () => {
    const store = oldStore()
    for (let at = 0; at < 12; at++) await addTag(store, `app:v${at + 10}`, plain)
    const { layers } = await stats(store, { layers: true })
    expect(layers?.layers[0]).toMatchObject({ tags: 12, names: { length: 10, 0: 'app:v10' } })
  })
})

describe('a clean', () => {
  async function dirty(config = ''): Promise<ObjectStore> {
    const store = oldStore()
    await store.put('s3lo.yaml', bytes(config))
    await addTag(store, 'app:v1', plain)
    await addTag(store, 'app:v2', multi, [multi, old])
    await addTag(store, `app:${cosign(plain)}`, signature)
    const garbage = buildImage({ layers: [sized('g', 111)] })
    await addBlobs(store, garbage)
    const [digest = garbage.root.digest] = garbage.blobs.keys()
    await condemnBlobs(store, new Map([[digest, 111]]))
    await addBlobs(store, artifact)
    return store
  }

  test.each([
    ['without rules', ''],
    ['with rules', 'default:\n  lifecycle:\n    keep_last: 1\n  keep_history: 0\n'],
  ])('frees what is told here, %s', async (_, text) => {
    const store = await dirty(text)
    const found = await stats(store)
    const config = await readBucketConfig(store)
    const work = { path: '', config, apply: false, graceMs: 3_600_000, keepTrashMs: 0, clock: systemClock }
    const blobs = await cleanStore(store, { ...work, tags: false, blobs: true })
    const all = await cleanStore(store, { ...work, tags: true, blobs: true })
    expect(found.clean.blobs).toEqual(blobs.blobs?.removed)
    expect(found.clean.all).toEqual(all.blobs?.removed)
    expect(found.clean.tags).toBe(all.tags.removed.length)
    expect(found.blobs.historyOnly).toEqual(blobs.blobs?.historyOnly)
    expect(found.blobs.stored).toEqual(blobs.blobs?.stored)
    expect(found.blobs.condemned).toEqual({ count: 1, bytes: 111 })
    expect(found.clean.tags > 0).toBe(text !== '')
  })

  test('leaves what is new, and applies no rule where there is none', async () => {
    const store = memoryStore()
    await addTag(store, 'app:v1', plain)
    await addBlobs(store, artifact)
    const { clean, blobs } = await stats(store)
    expect(blobs.unneeded.bytes).toBe(sizeOf(artifact))
    expect(clean).toEqual({
      tags: 0,
      all: { count: 0, bytes: 0 },
      blobs: { count: 0, bytes: 0 },
      recent: { count: 3, bytes: sizeOf(artifact) },
    })
  })
})

describe('money', () => {
  const own: PriceList = {
    ...prices,
    services: {
      local: { name: 'Our disks', region: 'the cellar', classes: { none: { gigabyteMonth: 1, source: '' } } },
    },
  }

  test('is told by prices that somebody gives, and not without', async () => {
    const store = oldStore()
    await addTag(store, 'app:v1', plain)
    await addBlobs(store, artifact)
    const without = await stats(store)
    expect(without.cost.monthly).toBeUndefined()
    expect(without.cost.unpricedBytes).toBe(without.stored.bytes)

    const found = await stats(store, { prices: own, arePricesGiven: true })
    expect(found.cost).toMatchObject({ service: 'Our disks, the cellar', unpricedBytes: 0 })
    expect(found.cost.monthly).toBeCloseTo(found.stored.bytes / 2 ** 30, 15)
    expect(found.clean.blobsMonthly).toBeCloseTo(sizeOf(artifact) / 2 ** 30, 15)
    expect(found.storageClasses).toEqual([{ storageClass: 'none', ...found.stored, monthly: found.cost.monthly }])
  })

  test('of a registry is for layers once a repository, and uncompressed ones compressed', async () => {
    const store = oldStore()
    const zipped = buildImage({ layers: [base], gzip: true })
    for (const name of ['app:v1', 'app:v2', 'tool:v1']) await addTag(store, name, plain)
    await addTag(store, 'zip:v1', zipped)
    const { cost } = await stats(store)
    const uncompressed = 2 * (base.byteLength + one.byteLength)
    const all = 2 * sizeOf(plain) + sizeOf(zipped)
    expect(cost.registry).toMatchObject({ bytes: all, uncompressedBytes: uncompressed })
    expect(cost.registry.monthly).toBeCloseTo(((all - uncompressed + uncompressed / 3.4) * 0.1) / 2 ** 30, 15)
  })
})

test('a bucket with nothing in it has nothing to show', async () => {
  const found = await stats(memoryStore(), { layers: true })
  expect(found).toMatchObject({
    images: 0,
    tags: 0,
    savedPercent: 0,
    byImage: [],
    layers: { layers: [] },
    stored: { count: 0 },
  })
})

test('nothing is written', async () => {
  const store = oldStore()
  await addTag(store, 'app:v1', plain)
  const keys = async () =>
    await Array.fromAsync(store.list(''), entry => (entry.kind === 'object' ? entry.info.etag : ''))
  const before = await keys()
  await stats(store, { layers: true })
  expect(await keys()).toEqual(before)
})
