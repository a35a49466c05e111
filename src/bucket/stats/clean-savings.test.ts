import { describe, expect, test } from 'vitest'
import {
  addBlobs,
  addTag,
  artifact,
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
import { condemnBlobs, readBucketConfig, systemClock } from '../../layout/index.ts'
import { memoryStore, type ObjectStore } from '../../stores/index.ts'
import { buildImage } from '../../testing/build-image.ts'
import { cleanStore } from '../clean/clean-store.ts'

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

  test('frees what is new, where a clean without a grace period has condemned it', async () => {
    const store = memoryStore()
    await addBlobs(store, artifact)
    await condemnBlobs(store, new Map([[artifact.root.digest, artifact.root.size]]))
    const { clean } = await stats(store)
    expect(clean).toMatchObject({ blobs: { count: 1, bytes: artifact.root.size }, recent: { count: 2 } })
    const config = await readBucketConfig(store)
    const work = { path: '', config, apply: false, graceMs: 3_600_000, keepTrashMs: 0, clock: systemClock }
    const { blobs } = await cleanStore(store, { ...work, tags: false, blobs: true })
    expect([clean.blobs, clean.recent]).toEqual([blobs?.removed, blobs?.recent])
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
