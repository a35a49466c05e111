import { beforeEach, describe, expect, test } from 'vitest'
import { blobKey, listTrashedTags, referrerKey } from '../../src/layout/index.ts'
import { digestOf } from '../../src/model/digest.ts'
import type { BuiltImage } from '../../src/testing/build-image.ts'
import { bytes, day, hour, image, removedTags, TestBucket } from './test-bucket.ts'

let bucket: TestBucket

beforeEach(() => {
  bucket = new TestBucket()
})

describe('tags', () => {
  test.each([
    ['default: { lifecycle: { keep_last: 2 } }', ['app:1', 'app:2', 'app:3']],
    ['default: { lifecycle: { keep_last: 2, max_age: 3d } }', ['app:1']],
    ['default: { lifecycle: { max_age: 60h } }', ['app:1', 'app:2']],
    ['default: { lifecycle: { keep_last: 2, keep_tags: ["1", "5"] } }', ['app:2']],
    ['default: { lifecycle: { keep_last: 2, keep_tags: ["[12]"] } }', ['app:3']],
    ['default: { lifecycle: { keep_last: 100, max_age: 1h } }', []],
    ['default: { lifecycle: { keep_tags: ["1"] } }', []],
    ['default: { lifecycle: { keep_last: 1 } }\nimages: { app: { lifecycle: { keep_last: 4 } } }', ['app:1']],
    ['default: { immutable: true, lifecycle: { keep_last: 1 } }', []],
    ['', []],
  ])('%s', async (config, gone) => {
    await bucket.pushDaily('app', 5)
    const plan = await bucket.clean(config, { apply: false })
    expect(removedTags(plan)).toEqual(gone.toReversed())
    expect(removedTags(await bucket.clean(config))).toEqual(removedTags(plan))
    expect(removedTags(await bucket.clean(config))).toEqual([])
  })

  test('are counted by image, also where one lives below the tag of another', async () => {
    await bucket.pushDaily('app', 3)
    await bucket.pushDaily('app/2', 3)
    await bucket.pushDaily('apple', 2)
    const { tags } = await bucket.clean('default: { lifecycle: { keep_last: 1 } }')
    expect(tags.removed.map(({ image: name, tag }) => `${name}:${tag}`).sort()).toEqual([
      'app/2:1',
      'app/2:2',
      'app:1',
      'app:2',
      'apple:1',
    ])
    expect((await bucket.keys()).filter(key => key.endsWith('/manifest.json'))).toEqual([
      'manifests/app/2/3/manifest.json',
      'manifests/app/3/manifest.json',
      'manifests/apple/2/manifest.json',
    ])
  })

  test('of the part of the bucket that is named alone may go, and blobs of all', async () => {
    await bucket.pushDaily('dev/a', 2)
    await bucket.pushDaily('prod/a', 2)
    await bucket.store.put(blobKey(digestOf(bytes('old'))), bytes('old'))
    bucket.now += day
    const { tags, blobs } = await bucket.clean('default: { lifecycle: { keep_last: 1 } }', { path: 'dev/*' })
    expect(tags.removed.map(({ image: name }) => name)).toEqual(['dev/a'])
    expect(blobs?.removed.count).toBeGreaterThan(1)
  })

  test('without a history have the age of their object', async () => {
    const { root, blobs } = image('x')
    for (const [digest, content] of blobs) await bucket.store.put(blobKey(digest), content)
    await bucket.store.put('manifests/app/old/manifest.json', blobs.get(root.digest) ?? bytes(''))
    bucket.now += 10 * day
    const { tags } = await bucket.clean('default: { lifecycle: { max_age: 9d } }')
    expect(tags.removed).toMatchObject([{ image: 'app', tag: 'old', reason: 'older than 9d' }])
  })

  test('alone go without a look at what they need', async () => {
    await bucket.pushDaily('app', 2)
    await bucket.store.put('manifests/app/broken/manifest.json', bytes('no manifest'))
    const config = 'default: { lifecycle: { keep_last: 1, keep_tags: [broken] } }'
    await expect(bucket.clean(config)).rejects.toMatchObject({ code: 'bad-layout' })
    expect(removedTags(await bucket.clean(config, { blobs: false }))).toEqual(['app:1'])
  })

  test('go to the trash, and from there when they have been in it for long enough', async () => {
    await bucket.pushDaily('app', 2)
    await bucket.clean('default: { lifecycle: { keep_last: 1 } }', { keepTrashMs: 7 * day })
    const trash = () => Array.fromAsync(listTrashedTags(bucket.store), ({ image: name, tag }) => `${name}:${tag}`)
    expect(await trash()).toEqual(['app:1'])
    bucket.now += 6 * day
    expect((await bucket.clean('', { keepTrashMs: 7 * day })).leftovers.trashedTags).toBe(0)
    bucket.now += 2 * day
    expect((await bucket.clean('', { keepTrashMs: 7 * day })).leftovers.trashedTags).toBe(1)
    expect(await trash()).toEqual([])
  })
})

describe('what is attached', () => {
  const attached = ({ root }: BuiltImage, suffix = '.sig') => `${root.digest.replace(':', '-')}${suffix}`

  test('is not counted, and lives and dies with its subject', async () => {
    const [one, two] = [image('one'), image('two')]
    const signature = image('signature of one')
    await bucket.push(one, 'app', '1')
    await bucket.push(signature, 'app', attached(one))
    await bucket.push(image('signature of a signature'), 'app', attached(signature))
    bucket.now += day
    await bucket.push(two, 'app', '2')
    await bucket.push(image('signature of two'), 'app', attached(two, ''))
    bucket.now += day
    const config = 'default: { lifecycle: { keep_last: 1 } }'
    const plan = await bucket.clean(config, { apply: false })
    const { tags } = await bucket.clean(config)
    expect(tags.removed.map(({ tag }) => tag).sort()).toEqual(['1', attached(one), attached(signature)].sort())
    expect(plan.tags.removed).toEqual(tags.removed)
    expect(tags.checked).toBe(2)
    expect(await bucket.holds(two)).toBe(true)
    expect(await bucket.holds(image('signature of two'))).toBe(true)
    expect(await bucket.holds(signature)).toBe(false)
  })

  test('of history stays with it', async () => {
    const [one, two] = [image('one'), image('two')]
    await bucket.push(one, 'app', 'latest')
    await bucket.push(image('signature of one'), 'app', attached(one))
    await bucket.push(two, 'app', 'latest')
    bucket.now += day
    expect(removedTags(await bucket.clean())).toEqual([])
    expect(await bucket.holds(image('signature of one'))).toBe(true)
    expect(removedTags(await bucket.clean('default: { keep_history: 1 }'))).toEqual([`app:${attached(one)}`])
  })

  test('and came before its subject stays for the grace period', async () => {
    await bucket.push(image('signature of one'), 'app', attached(image('one')))
    expect(removedTags(await bucket.clean())).toEqual([])
    bucket.now += 2 * hour
    expect(removedTags(await bucket.clean())).toHaveLength(1)
  })

  test('of an immutable image, or where tags are not cleaned, stays with its blobs', async () => {
    const orphan = image('signature of nothing')
    await bucket.push(orphan, 'app', attached(image('nothing')))
    bucket.now += day
    expect(removedTags(await bucket.clean('default: { immutable: true }'))).toEqual([])
    expect(removedTags(await bucket.clean('', { tags: false }))).toEqual([])
    expect(await bucket.holds(orphan)).toBe(true)
  })

  test('without a tag is kept as long as its subject', async () => {
    const [one, referrer] = [image('one'), image('a referrer')]
    await bucket.push(one, 'app', '1')
    await bucket.storeBlobs(referrer)
    const key = referrerKey(one.root.digest, referrer.root.digest)
    await bucket.store.put(key, bytes('{}'))
    bucket.now += day
    await bucket.clean()
    expect(await bucket.holds(referrer)).toBe(true)
    expect(await bucket.store.head(key)).toBeDefined()
    await bucket.store.delete('manifests/app/1/manifest.json')
    await bucket.clean()
    expect(await bucket.holds(referrer)).toBe(false)
    // what is recorded of it goes too: the same image pushed again does not lack what nobody has
    expect(await bucket.store.head(key)).toBeUndefined()
  })

  test('is recorded for a push under way, and stays', async () => {
    const key = referrerKey(image('one').root.digest, image('a referrer').root.digest)
    await bucket.store.put(key, bytes('{}'))
    await bucket.clean()
    expect(await bucket.store.head(key)).toBeDefined()
    bucket.now += day
    await bucket.clean()
    expect(await bucket.store.head(key)).toBeUndefined()
  })
})
