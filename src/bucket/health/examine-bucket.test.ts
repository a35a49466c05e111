import { describe, expect, test } from 'vitest'
import { condemnBlobs } from '../../layout/condemned-blobs.ts'
import { blobKey, referrerKey, tagKeys } from '../../layout/index.ts'
import type { Digest } from '../../model/digest.ts'
import { digestOf, digestParts } from '../../model/digest.ts'
import { memoryStore, type ObjectStore } from '../../stores/index.ts'
import { putImage } from '../../testing/bucket-image.ts'
import { buildImage, buildIndex } from '../../testing/build-image.ts'
import { storeWith } from '../../testing/store-with.ts'
import type { CheckName, DoctorReport } from './doctor-report.ts'
import { examineBucket } from './examine-bucket.ts'

const text = (value: string) => new TextEncoder().encode(value)
const json = (value: unknown) => text(JSON.stringify(value))
const [amd, arm, shared] = [text('amd64 layer'), text('arm64 layer'), text('a layer of both')]
const platforms = { 'linux/amd64': { layers: [shared, amd] }, 'linux/arm64': { layers: [shared, arm] } }
const image = buildIndex(platforms)

interface Given {
  readonly path?: string
  readonly verify?: boolean
  readonly readOnly?: boolean
}

function examine(store: ObjectStore, { path = '', verify = false, readOnly = false }: Given = {}) {
  const signal = new AbortController().signal
  return examineBucket(store, path, { verify, readOnly, jobs: 3, listen: () => {}, warnings: () => [], signal })
}

function found(report: Omit<DoctorReport, 'bucket'>, name: CheckName) {
  return report.checks.filter(check => check.name === name)
}

async function storeWithImage(): Promise<ObjectStore> {
  const store = memoryStore()
  await putImage(store, image, 'app', 'v1')
  return store
}

async function keysOf(store: ObjectStore): Promise<string[]> {
  const keys: string[] = []
  for await (const entry of store.list('')) if (entry.kind === 'object') keys.push(entry.info.key)
  return keys
}

describe('a healthy bucket', () => {
  test('passes every check, and nothing is left in it', async () => {
    const store = await storeWithImage()
    const before = await keysOf(store)
    const report = await examine(store, { verify: true })
    expect(report.checks.filter(({ state }) => state !== 'ok')).toEqual([])
    expect(report).toMatchObject({ healthy: true, tags: { checked: 1, incomplete: 0 }, incomplete: [], damaged: [] })
    expect(report.verified).toMatchObject({ blobs: image.blobs.size, damaged: 0 })
    expect(await keysOf(store)).toEqual(before)
  })

  test('is healthy without the copy of the root, which s3lo removes', async () => {
    const store = await storeWithImage()
    await store.delete(blobKey(image.root.digest))
    expect(await examine(store)).toMatchObject({ healthy: true })
  })

  test('is not written with readOnly', async () => {
    const store = await storeWithImage()
    const refused = () => Promise.reject(new Error('it was written'))
    const readable = storeWith(store, { put: refused, delete: refused })
    const report = await examine(readable, { readOnly: true })
    expect(report.healthy).toBe(true)
    expect(report.checks.filter(({ state }) => state === 'skipped').map(({ name }) => name)).toEqual([
      'permissions',
      'conditions',
      'clock',
    ])
  })

  test('may be empty, and then it is asked whether it is the right one', async () => {
    const report = await examine(memoryStore())
    expect(report.healthy).toBe(true)
    expect(found(report, 'layout')).toMatchObject([{ state: 'warning', hint: expect.stringContaining('right bucket') }])
  })
})

describe('beside the images', () => {
  test('a damaged blob that no image needs is a warning', async () => {
    const store = await storeWithImage()
    const digest = digestOf(text('orphan'))
    await store.put(blobKey(digest), text('orphaN'))
    const report = await examine(store, { verify: true })
    expect(report).toMatchObject({ healthy: true, damaged: [{ digest, size: 6 }], verified: { damaged: 1 } })
    expect(found(report, 'content')).toMatchObject([{ state: 'warning', counts: { tags: 0, damaged: 1 } }])
  })

  test('orphans are what no tag and no kept history names', async () => {
    let now = new Date('2026-01-01T00:00:00Z')
    const store = memoryStore({ now: () => now })
    const old = buildImage({ layers: [text('of the version before')] })
    await putImage(store, old, 'app', 'v1')
    await putImage(store, image, 'app', 'v1')
    await store.put(blobKey(digestOf(text('orphan'))), text('orphan'))
    now = new Date('2026-01-01T02:00:00Z')
    await store.put(blobKey(digestOf(text('fresh'))), text('fresh'))
    const [orphans] = found(await examine(store), 'orphans')
    expect(orphans).toMatchObject({ state: 'note', counts: { blobs: 2, bytes: 11, old: 1 } })

    await store.delete(tagKeys('app', 'v1').history)
    const [more] = found(await examine(store), 'orphans')
    expect(more).toMatchObject({ counts: { blobs: 2 + old.blobs.size } })
  })

  test('the configuration says how many entries of a history are kept', async () => {
    const store = memoryStore()
    const old = buildImage({ layers: [text('of the version before')] })
    await putImage(store, old, 'app', 'v1')
    await putImage(store, image, 'app', 'v1')
    await store.put('s3lo.yaml', text('images:\n  app:\n    keep_history: 1\n'))
    expect(found(await examine(store), 'orphans')).toMatchObject([{ counts: { blobs: old.blobs.size } }])
  })

  test('a kept entry of a history whose image is gone is counted', async () => {
    const store = memoryStore()
    const old = buildImage({ layers: [text('of the version before')] })
    await putImage(store, old, 'app', 'v1')
    await putImage(store, image, 'app', 'v1')
    await store.delete(blobKey(old.root.digest))
    const report = await examine(store)
    expect(report.healthy).toBe(true)
    expect(found(report, 'history')).toMatchObject([{ state: 'note', counts: { count: 1 } }])
  })

  test.each<[string, CheckName, string, Uint8Array, object]>([
    ['a name at the top', 'layout', 'README.md', text('x'), { names: ['README.md'] }],
    ['a root that can be no tag', 'layout', 'manifests/a b/v1/manifest.json', text('{}'), { counts: { count: 1 } }],
    ['a history without a tag', 'layout', 'manifests/app/v0/history.json', text('[]'), { names: ['app:v0'] }],
    [
      'a history within the folder of a tag',
      'layout',
      'manifests/app/v1/b/history.json',
      text('[]'),
      { names: ['app/v1:b'] },
    ],
    ['a key of nobody', 'layout', 'manifests/app/v1/notes.txt', text('x'), { names: ['manifests/app/v1/notes.txt'] }],
    ['a history that cannot be read', 'history', 'manifests/app/v1/history.json', text('no'), { names: ['app:v1'] }],
    ['a signature of s3lo', 'signatures', 'manifests/app/v1/signatures/k.json', text('{}'), { names: ['app:v1'] }],
    ['chunks of s3lo 2', 'chunks', 'chunks/sha256/00', text('1234'), { counts: { chunks: 1, chunksBytes: 4 } }],
    ['a lease that nobody renews', 'leases', 'lading/leases/x', text('{}'), { counts: { living: 0, expired: 1 } }],
    ['a draft that nobody finishes', 'uploads', 'lading/uploads/x', text('123'), { counts: { drafts: 1, bytes: 3 } }],
    [
      'a tag in the trash',
      'trash',
      'lading/trash/tags/app/v1@20260101T000000000Z-00000000/manifest.json',
      text('{}'),
      { counts: { tags: 1 } },
    ],
  ])('%s is told, and harms nothing', async (_, name, key, content, told) => {
    let now = new Date('2026-01-01T00:00:00Z')
    const store = memoryStore({ now: () => now })
    await putImage(store, image, 'app', 'v1')
    await store.put(key, content)
    now = new Date('2026-01-02T02:00:00Z')
    const report = await examine(store)
    expect(report.healthy).toBe(true)
    expect(found(report, name).at(-1)).toMatchObject(told)
  })

  test('condemned blobs are counted', async () => {
    const store = await storeWithImage()
    await condemnBlobs(store, new Map([[digestOf(text('gone')), 4]]))
    expect(found(await examine(store), 'trash')).toMatchObject([{ state: 'ok', counts: { blobs: 1, bytes: 4 } }])
  })

  test('a tag about a manifest that is not there is told, and one about a root is not', async () => {
    const store = await storeWithImage()
    await store.delete(blobKey(image.root.digest))
    const statement = buildImage({ layers: [text('a signature')] })
    const nameOf = (digest: Digest) => `${digest.replace(':', '-')}.sig`
    await putImage(store, statement, 'app', nameOf(image.root.digest))
    expect(found(await examine(store), 'referrers')).toMatchObject([{ state: 'ok', counts: { referrers: 1, lost: 0 } }])
    await putImage(store, statement, 'app', nameOf(digestOf(text('nothing'))))
    expect(found(await examine(store), 'referrers')).toMatchObject([
      { state: 'note', counts: { referrers: 2, lost: 1 } },
    ])
  })

  test('a referrer without a tag keeps what it names, and has to be whole', async () => {
    const store = await storeWithImage()
    const layer = text('a statement')
    const statement = buildImage({ layers: [layer] })
    for (const [digest, bytes] of statement.blobs) await store.put(blobKey(digest), bytes)
    const orphans = async () => found(await examine(store), 'orphans')
    expect(await orphans()).toMatchObject([{ state: 'note', counts: { blobs: statement.blobs.size } }])
    await store.put(referrerKey(image.root.digest, statement.root.digest), text('{}'))
    expect(await orphans()).toMatchObject([{ state: 'ok' }])
    await store.delete(blobKey(digestOf(layer)))
    const report = await examine(store)
    expect(report.healthy).toBe(true)
    expect(found(report, 'referrers')).toMatchObject([{ state: 'warning', names: [statement.root.digest] }])
  })

  test('a layer that s3lo 2 holds as chunks is no damage', async () => {
    const store = await storeWithImage()
    await store.delete(blobKey(digestOf(arm)))
    await store.put(`recipes/sha256/${digestParts(digestOf(arm)).hex}`, text('{}'))
    const report = await examine(store)
    expect(report.healthy).toBe(true)
    expect(found(report, 'chunks')).toMatchObject([{ state: 'warning', names: ['app:v1'] }, { counts: { recipes: 1 } }])
  })

  test('a foreign layer that is elsewhere is no damage', async () => {
    const store = memoryStore()
    const foreign = buildImage()
    const layers = [
      { mediaType: 'application/x', digest: digestOf(text('there')), size: 5, urls: ['https://example.com/l'] },
    ]
    const away = buildImage({ manifest: { layers } })
    await putImage(store, foreign, 'app', 'v1')
    await putImage(store, away, 'app', 'v2')
    const report = await examine(store)
    expect(report.healthy).toBe(true)
    expect(found(report, 'tags')).toContainEqual(expect.objectContaining({ state: 'note', names: ['app:v2'] }))
  })

  test('what is remembered of a layer and is not there is told with verify', async () => {
    const store = await storeWithImage()
    const variant = { mediaType: 'application/x', digest: digestOf(text('compressed')), size: 10 }
    await store.put(`lading/layers/sha256/${'a'.repeat(64)}`, json({ variants: [variant] }))
    expect(found(await examine(store, { verify: true }), 'layers')).toMatchObject([
      { state: 'note', counts: { absent: 1 } },
    ])
  })
})
