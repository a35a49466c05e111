import { describe, expect, test } from 'vitest'
import {
  addBlobs,
  addTag,
  artifact,
  base,
  bytes,
  cosign,
  multi,
  old,
  oldStore,
  plain,
  signature,
  sized,
  sizeOf,
  stats,
} from '../../../test/bucket/image-store.ts'
import { blobKey, referrerKey, tagKeys } from '../../layout/index.ts'
import { digestOf } from '../../model/digest.ts'
import { memoryStore } from '../../stores/index.ts'
import { type BuiltImage, buildImage } from '../../testing/build-image.ts'

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

  test('and was a tag once goes with its image all the same', async () => {
    const store = oldStore()
    await addTag(store, 'app:v1', plain, [plain, signature])
    await store.put(referrerKey(plain.root.digest, signature.root.digest), bytes(''))
    const { byImage, blobs } = await stats(store)
    expect(byImage).toMatchObject([{ attachments: 1, ownBytes: sizeOf(plain, signature), sharedBytes: 0 }])
    expect(blobs.historyOnly.count).toBe(0)
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
