import { describe, expect, test } from 'vitest'
import { blobKey, tagKeys } from '../../layout/index.ts'
import type { Digest } from '../../model/digest.ts'
import { digestOf } from '../../model/digest.ts'
import { memoryStore, type ObjectStore } from '../../stores/index.ts'
import { putImage } from '../../testing/bucket-image.ts'
import { buildImage, buildIndex } from '../../testing/build-image.ts'
import { storeWith } from '../../testing/store-with.ts'
import type { CheckName, DoctorReport } from './doctor-report.ts'
import { examineBucket } from './examine-bucket.ts'

const text = (value: string) => new TextEncoder().encode(value)
const [amd, arm, shared] = [text('amd64 layer'), text('arm64 layer'), text('a layer of both')]
const platforms = { 'linux/amd64': { layers: [shared, amd] }, 'linux/arm64': { layers: [shared, arm] } }
const image = buildIndex(platforms)
const armManifest = buildImage({ ...platforms['linux/arm64'], platform: 'linux/arm64' }).root

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

/** The same size, other bytes. */
async function flip(store: ObjectStore, digest: Digest): Promise<void> {
  const bytes = Uint8Array.from(image.blobs.get(digest) ?? [])
  bytes[bytes.length - 2] = (bytes.at(-2) ?? 0) ^ 1
  await store.put(blobKey(digest), bytes)
}

describe('an image that is not whole', () => {
  const layer = { digest: digestOf(arm), kind: 'layer', size: arm.byteLength, platform: 'linux/arm64' }
  const both = ['linux/amd64', 'linux/arm64'].map(platform => ({
    ...{ digest: digestOf(shared), kind: 'layer', size: shared.byteLength, platform },
  }))
  const root = { digest: image.root.digest, kind: 'index', size: image.root.size }
  const manifest = {
    ...{ digest: armManifest.digest, kind: 'manifest', size: armManifest.size, platform: 'linux/arm64' },
  }

  test.each<[string, (store: ObjectStore) => Promise<unknown>, unknown[], Given]>([
    ['lacks a layer', s => s.delete(blobKey(digestOf(arm))), [{ ...layer, flaw: 'missing' }], {}],
    [
      'lacks a layer of two platforms',
      s => s.delete(blobKey(digestOf(shared))),
      both.map(one => ({ ...one, flaw: 'missing' })),
      {},
    ],
    [
      'has a layer that is too short',
      s => s.put(blobKey(digestOf(arm)), text('arm')),
      [{ ...layer, flaw: 'wrong-size', actualSize: 3 }],
      {},
    ],
    ['has a layer of wrong bytes, and that is not read', s => flip(s, digestOf(arm)), [], {}],
    [
      'has a layer of wrong bytes',
      s => flip(s, digestOf(arm)),
      [{ ...layer, flaw: 'damaged', why: expect.stringContaining('digest') }],
      { verify: true },
    ],
    [
      'has a layer of wrong bytes, where some images are looked at',
      s => flip(s, digestOf(arm)),
      [{ ...layer, flaw: 'damaged', why: expect.stringContaining('digest') }],
      { verify: true, path: 'app' },
    ],
    [
      'has a copy of its root that is too short',
      s => s.put(blobKey(image.root.digest), text('{')),
      [{ ...root, flaw: 'wrong-size', actualSize: 1 }],
      {},
    ],
    [
      'has a copy of its root of wrong bytes',
      s => flip(s, image.root.digest),
      [{ ...root, flaw: 'damaged', why: expect.stringContaining('digest') }],
      { verify: true },
    ],
    ['lacks a platform manifest', s => s.delete(blobKey(armManifest.digest)), [{ ...manifest, flaw: 'missing' }], {}],
    [
      'has a damaged platform manifest',
      s => flip(s, armManifest.digest),
      [{ ...manifest, flaw: 'damaged', why: 'its bytes have another digest' }],
      {},
    ],
  ])('%s', async (_, damage, flaws, given) => {
    const store = await storeWithImage()
    await putImage(store, buildImage({ layers: [amd] }), 'other', 'v1')
    await damage(store)
    const report = await examine(store, given)
    expect(report.healthy).toBe(flaws.length === 0)
    expect(report.incomplete).toEqual(
      flaws.length === 0 ? [] : [{ image: 'app', tag: 'v1', digest: image.root.digest, flaws }],
    )
    expect(found(report, 'tags')[0]).toMatchObject({ state: flaws.length === 0 ? 'ok' : 'failed' })
  })

  test('is told for every tag that shares the damage', async () => {
    const store = await storeWithImage()
    for (const tag of ['v2', 'v3']) await putImage(store, image, 'app', tag)
    await store.delete(blobKey(digestOf(arm)))
    const { tags, incomplete } = await examine(store)
    expect(tags).toEqual({ checked: 3, incomplete: 3 })
    expect(incomplete.map(({ tag }) => tag)).toEqual(['v1', 'v2', 'v3'])
  })

  test('has a root that nobody can read', async () => {
    const store = await storeWithImage()
    await store.put(tagKeys('app', 'v1').manifest, text('{'))
    expect((await examine(store)).incomplete).toMatchObject([
      { image: 'app', tag: 'v1', flaws: [{ flaw: 'damaged', digest: digestOf(text('{')) }] },
    ])
  })

  test('is whole when the blob came while the bucket was looked at', async () => {
    const store = await storeWithImage()
    const late = blobKey(digestOf(arm))
    const hidden = storeWith(store, {
      async *list(prefix, options) {
        for await (const entry of store.list(prefix, options))
          if (entry.kind !== 'object' || entry.info.key !== late) yield entry
      },
    })
    expect(await examine(hidden)).toMatchObject({ healthy: true })
  })

  test('is not looked at where other images are named', async () => {
    const store = await storeWithImage()
    await putImage(store, buildImage({ layers: [amd] }), 'other', 'v1')
    await store.delete(blobKey(digestOf(arm)))
    expect(await examine(store, { path: 'oth*' })).toMatchObject({ healthy: true, tags: { checked: 1 } })
  })
})
