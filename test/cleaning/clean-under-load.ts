import { setTimeout as sleep } from 'node:timers/promises'
import { cleanStore } from '../../src/bucket/clean/clean-store.ts'
import { copyOpened } from '../../src/copy/copy-opened.ts'
import { blobKey, deleteTag, parseBucketConfig, readTag, systemClock } from '../../src/layout/index.ts'
import { childrenOf, parseManifest } from '../../src/model/manifest.ts'
import type { ObjectStore } from '../../src/stores/index.ts'
import { buildImage } from '../../src/testing/build-image.ts'
import { memorySource } from '../../src/testing/memory-image.ts'
import { bucketDestination } from '../../src/transports/bucket/destination.ts'
import { seededRandom } from './random.ts'

export interface Load {
  /** Opens the bucket anew: each of those who work on it has its own. */
  open(): Promise<ObjectStore>
  readonly pushers: number
  readonly pushesEach: number
}

export interface LoadReport {
  readonly pushes: number
  readonly cleans: number
  readonly deleted: number
  readonly condemned: number
  /** Whatever went wrong. */
  readonly faults: readonly string[]
}

/** Of one machine, whose store may tell whole seconds. */
const clockMarginMs = 2000
const tags = ['a', 'b', 'c', 'd']
const layers = Array.from({ length: 6 }, (_, at) => new TextEncoder().encode(`layer ${at} `.repeat(500)))

/**
 * Pushes images that share layers under few tags, and deletes tags, while one clean follows the other with no grace period and an empty
 * trash: whatever a push counts on may be garbage a moment before. In the beginning everything is there, and is garbage.
 */
export async function cleanUnderLoad(load: Load): Promise<LoadReport> {
  const random = seededRandom(1)
  const images = layers.map((layer, at) => buildImage({ layers: [layer, layers[(at + 1) % layers.length] ?? layer] }))
  {
    await using store = await load.open()
    for (const { blobs } of images) for (const [digest, content] of blobs) await store.put(blobKey(digest), content)
    await sleep(2 * clockMarginMs)
  }
  const faults: string[] = []
  let [pushing, pushes, cleans, deleted, condemned] = [load.pushers, 0, 0, 0, 0]

  const push = async () => {
    try {
      for (let at = 0; at < load.pushesEach; at++) {
        const tag = random.pick(tags)
        await using to = bucketDestination(await load.open(), { name: `app:${tag}`, image: 'app', tag })
        await copyOpened(memorySource(random.pick(images)), to, { jobs: 4, guard: undefined }, () => {})
        pushes += 1
      }
    } catch (error) {
      faults.push(`a push: ${error}`)
    } finally {
      pushing -= 1
    }
  }
  const work = async (what: string, task: (store: ObjectStore) => Promise<void>) => {
    await using store = await load.open()
    try {
      while (pushing > 0) {
        await task(store)
        await sleep(1)
      }
    } catch (error) {
      faults.push(`${what}: ${error}`)
    }
  }
  const config = await parseBucketConfig(new TextEncoder().encode('default: { keep_history: 1 }'), 's3lo.yaml')
  const clean = async (store: ObjectStore) => {
    const work = {
      path: '',
      config,
      tags: true,
      blobs: true,
      apply: true,
      graceMs: 0,
      keepTrashMs: 0,
      clockMarginMs,
      clock: systemClock,
    }
    const { blobs } = await cleanStore(store, work)
    cleans += 1
    deleted += blobs?.removed.count ?? 0
    condemned += (blobs?.waiting.count ?? 0) + (blobs?.removed.count ?? 0)
  }
  const remove = async (store: ObjectStore) => {
    await deleteTag(store, { image: 'app', tag: random.pick(tags), immutable: false, keepTrash: true })
  }
  const check = async (store: ObjectStore) => {
    for (const tag of tags) faults.push(...(await missingOf(store, tag)))
  }
  await Promise.all([
    ...Array.from({ length: load.pushers }, push),
    work('a clean', clean),
    work('a deletion', remove),
    work('a look', check),
  ])
  await using store = await load.open()
  await check(store)
  return { pushes, cleans, deleted, condemned, faults }
}

/** What a tag needs and is not there, unless the tag has moved since it was read. */
async function missingOf(store: ObjectStore, tag: string): Promise<string[]> {
  const before = await readTag(store, 'app', tag)
  if (before === undefined) return []
  const missing: string[] = []
  for (const { digest, size } of childrenOf(parseManifest(before.bytes))) {
    if ((await store.head(blobKey(digest)))?.size !== size) missing.push(`${tag} needs ${digest}, which is not there`)
  }
  const after = await readTag(store, 'app', tag)
  return after?.digest === before.digest ? missing : []
}
