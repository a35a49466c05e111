import { type CleanOutcome, type CleanWork, cleanStore } from '../../src/bucket/clean/clean-store.ts'
import { blobKey, parseBucketConfig, systemClock, writeTag } from '../../src/layout/index.ts'
import { memoryStore, type ObjectStore } from '../../src/stores/index.ts'
import { type BuiltImage, buildImage } from '../../src/testing/build-image.ts'

export const hour = 3_600_000
export const day = 24 * hour

export const bytes = (text: string) => new TextEncoder().encode(text)
export const image = (...layers: string[]) => buildImage({ layers: layers.map(bytes) })
export const removedTags = ({ tags }: CleanOutcome) => tags.removed.map(({ image: name, tag }) => `${name}:${tag}`)

/** A bucket in memory, under a clock that the test moves. */
export class TestBucket {
  now = Date.UTC(2026, 3, 1)
  readonly store: ObjectStore = memoryStore({ now: () => new Date(this.now) })

  async storeBlobs({ blobs }: BuiltImage): Promise<void> {
    for (const [digest, content] of blobs) await this.store.put(blobKey(digest), content, { content: digest })
  }

  async push(built: BuiltImage, name: string, tag: string): Promise<void> {
    const { root, blobs } = built
    await this.storeBlobs(built)
    const rootBytes = blobs.get(root.digest)
    if (rootBytes === undefined) throw new Error('an image has its root')
    const written = { image: name, tag, digest: root.digest, bytes: rootBytes, imageBytes: 1, immutable: false }
    await writeTag(this.store, { ...written, now: () => new Date(this.now) })
  }

  /** Tags `1`, `2`, … of an image, a day apart. The last one is pushed now. */
  async pushDaily(name: string, count: number): Promise<void> {
    this.now -= (count - 1) * day
    for (let at = 1; at <= count; at++) {
      await this.push(image(`${name} ${at}`), name, String(at))
      if (at < count) this.now += day
    }
  }

  async clean(config = '', work: Partial<CleanWork> = {}, store = this.store): Promise<CleanOutcome> {
    return await cleanStore(store, {
      path: '',
      config: await parseBucketConfig(bytes(config), 's3lo.yaml'),
      tags: true,
      blobs: true,
      apply: true,
      graceMs: hour,
      keepTrashMs: 0,
      clock: { ...systemClock, stopwatch: () => () => 0 },
      now: () => new Date(this.now),
      ...work,
    })
  }

  async keys(): Promise<string[]> {
    return await Array.fromAsync(this.store.list(''), entry => (entry.kind === 'object' ? entry.info.key : ''))
  }

  async holds({ blobs }: BuiltImage): Promise<boolean> {
    const found = await Promise.all([...blobs.keys()].map(digest => this.store.head(blobKey(digest))))
    return found.every(info => info !== undefined)
  }
}
