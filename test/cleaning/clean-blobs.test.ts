import { beforeEach, describe, expect, test } from 'vitest'
import { blobKey } from '../../src/layout/index.ts'
import { ociIndex, ociManifest } from '../../src/model/media-types.ts'
import { bytes, day, hour, image, removedTags, TestBucket } from './test-bucket.ts'

let bucket: TestBucket

beforeEach(() => {
  bucket = new TestBucket()
})

describe('blobs', () => {
  test('that nothing needs are condemned, and deleted when they have been for long enough', async () => {
    const garbage = image('garbage')
    await bucket.storeBlobs(garbage)
    const size = [...garbage.blobs.values()].reduce((sum, { byteLength }) => sum + byteLength, 0)
    const week = { keepTrashMs: 7 * day }
    expect((await bucket.clean('', week)).blobs).toMatchObject({
      recent: { count: 3, bytes: size },
      condemned: { count: 0 },
    })
    bucket.now += 2 * hour
    expect((await bucket.clean('', { ...week, apply: false })).blobs).toMatchObject({
      condemned: { count: 3, bytes: size },
    })
    expect((await bucket.clean('', week)).blobs).toMatchObject({ condemned: { count: 3 }, inTrash: { count: 0 } })
    bucket.now += 6 * day
    expect((await bucket.clean('', week)).blobs).toMatchObject({
      condemned: { count: 0 },
      inTrash: { count: 3, bytes: size },
    })
    bucket.now += 2 * day
    expect((await bucket.clean('', { ...week, apply: false })).blobs).toMatchObject({
      removed: { count: 3, bytes: size },
    })
    expect((await bucket.clean('', week)).blobs).toMatchObject({
      removed: { count: 3, bytes: size },
      stored: { count: 3 },
    })
    expect(await bucket.keys()).toEqual([])
  })

  test('that are needed again leave the trash', async () => {
    const [one, week] = [image('one'), { keepTrashMs: 7 * day }]
    await bucket.storeBlobs(one)
    bucket.now += day
    await bucket.clean('', week)
    // not a push of ours: nothing was lifted
    await bucket.store.put('manifests/app/1/manifest.json', one.blobs.get(one.root.digest) ?? bytes(''))
    bucket.now += 8 * day
    expect((await bucket.clean('', week)).blobs).toMatchObject({ removed: { count: 0 }, inTrash: { count: 0 } })
    expect(await bucket.holds(one)).toBe(true)
    expect((await bucket.keys()).filter(key => key.startsWith('lading/'))).toEqual([])
  })

  test('of the last history entries stay, and the plan says what they cost', async () => {
    const versions = [1, 2, 3, 4].map(at => image(`version ${at}`))
    for (const version of versions) await bucket.push(version, 'app', 'latest')
    bucket.now += day
    const { blobs } = await bucket.clean('default: { keep_history: 3 }')
    // a config, a layer and a root of each
    expect(blobs).toMatchObject({ removed: { count: 3 }, historyOnly: { count: 6 } })
    expect(await Promise.all(versions.map(version => bucket.holds(version)))).toEqual([false, true, true, true])
  })

  test('of several platforms stay, and what other tools keep is not touched', async () => {
    const [a, b] = [image('a'), image('b')]
    const manifests = [a, b].map(({ root }) => ({ mediaType: ociManifest, digest: root.digest, size: root.size }))
    const index = bytes(JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests }))
    for (const [digest, content] of [...a.blobs, ...b.blobs]) await bucket.store.put(blobKey(digest), content)
    await bucket.store.put('manifests/app/1/manifest.json', index)
    await bucket.store.put('manifests/app/1/signatures/0123.json', bytes('{}'))
    const kept = ['chunks/sha256/x', 'recipes/sha256/x', 'indexes/sha256/x', 'something', 'blobs/sha256/short']
    for (const key of kept) await bucket.store.put(key, bytes('kept'))
    bucket.now += 30 * day
    const before = await bucket.keys()
    expect((await bucket.clean()).blobs?.removed.count).toBe(0)
    expect(await bucket.keys()).toEqual(before)
  })

  test('are not touched where nobody can tell what a tag needs', async () => {
    const { root, blobs } = image('a')
    for (const [digest, content] of blobs) if (digest !== root.digest) await bucket.store.put(blobKey(digest), content)
    const index = { schemaVersion: 2, mediaType: ociIndex, manifests: [{ ...root, kind: undefined }] }
    await bucket.store.put('manifests/app/1/manifest.json', bytes(JSON.stringify(index)))
    bucket.now += day
    for (const damage of [undefined, bytes('damaged')]) {
      if (damage !== undefined) await bucket.store.put(blobKey(root.digest), damage)
      await expect(bucket.clean()).rejects.toMatchObject({
        code: 'bad-layout',
        message: expect.stringContaining(`which blobs app:1 needs: its manifest ${root.digest}`),
        hint: expect.stringContaining('lading repair'),
      })
    }
    await bucket.store.put(blobKey(root.digest), blobs.get(root.digest) ?? bytes(''))
    expect((await bucket.clean()).blobs?.removed.count).toBe(0)
  })

  test('alone, or tags alone', async () => {
    await bucket.pushDaily('app', 2)
    bucket.now += day
    const config = 'default: { keep_history: 0, lifecycle: { keep_last: 1 } }'
    expect(await bucket.clean(config, { tags: false })).toMatchObject({
      tags: { removed: [] },
      blobs: { removed: { count: 0 } },
    })
    const tagsOnly = await bucket.clean(config, { blobs: false })
    expect(removedTags(tagsOnly)).toEqual(['app:1'])
    expect(tagsOnly.blobs).toBeUndefined()
    expect((await bucket.clean(config, { tags: false })).blobs?.removed.count).toBe(3)
  })
})

test('a plan writes nothing', async () => {
  await bucket.pushDaily('app', 3)
  bucket.now += 30 * day
  const before = await Array.fromAsync(bucket.store.list(''))
  const plan = await bucket.clean('default: { keep_history: 0, lifecycle: { keep_last: 1 } }', { apply: false })
  expect(plan.tags.removed).toHaveLength(2)
  expect(plan.blobs?.removed.count).toBe(6)
  expect(await Array.fromAsync(bucket.store.list(''))).toEqual(before)
})

test('what killed runs leave is removed when nobody can be at it any more', async () => {
  await bucket.store.put('lading/leases/dead', bytes('{}'))
  await bucket.store.put('lading/uploads/draft', bytes('draft'))
  await bucket.store.put('lading/clock/left', bytes(''))
  bucket.now += hour
  await bucket.store.put('lading/leases/alive', bytes('{}'))
  bucket.now += 30 * 60_000
  expect((await bucket.clean()).leftovers).toMatchObject({ leases: 1, uploads: { count: 0 } })
  bucket.now += 2 * day
  expect((await bucket.clean()).leftovers).toEqual({ leases: 1, uploads: { count: 1, bytes: 5 }, trashedTags: 0 })
  expect(await bucket.keys()).toEqual([])
})

test('an unfinished push keeps what was condemned before it began, and what was stored since', async () => {
  const [old, fresh] = [image('old'), image('fresh')]
  await bucket.storeBlobs(old)
  bucket.now += 3 * hour
  await bucket.clean('', { keepTrashMs: day })
  await bucket.store.put('lading/leases/a', bytes('{}'))
  await bucket.storeBlobs(fresh)
  bucket.now += 2 * day
  // renewed
  await bucket.store.put(
    'lading/leases/a',
    bytes(JSON.stringify({ since: new Date(bucket.now - 2 * day).toISOString() })),
  )
  const { blobs } = await bucket.clean('', { keepTrashMs: day })
  expect(blobs).toMatchObject({ waiting: { count: 3 }, recent: { count: 3 }, removed: { count: 0 } })
  await bucket.store.delete('lading/leases/a')
  expect((await bucket.clean('', { keepTrashMs: day })).blobs).toMatchObject({
    removed: { count: 3 },
    condemned: { count: 3 },
  })
})
