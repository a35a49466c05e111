import { prices } from '../../src/bucket/stats/prices.ts'
import { type StatsWork, type StoreStats, storeStats } from '../../src/bucket/stats/store-stats.ts'
import { blobKey, tagKeys } from '../../src/layout/index.ts'
import { memoryStore, type ObjectStore } from '../../src/stores/index.ts'
import { type BuiltImage, buildImage, buildIndex } from '../../src/testing/build-image.ts'

export const bytes = (text: string) => new TextEncoder().encode(text)
export const sized = (letter: string, size: number) => bytes(letter.repeat(size))
const longAgo = new Date('2026-01-01T00:00:00Z')

/** A store whose objects are old enough to be cleaned. */
export function oldStore(): ObjectStore {
  return memoryStore({ now: () => longAgo })
}

export async function addBlobs(store: ObjectStore, { blobs }: BuiltImage): Promise<void> {
  for (const [digest, content] of blobs) await store.put(blobKey(digest), content, { content: digest })
}

export async function addTag(
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

/** What is told of a store. */
export function stats(store: ObjectStore, options: Partial<StatsWork> = {}): Promise<StoreStats> {
  return storeStats(store, { path: '', layers: false, limit: 50, prices, arePricesGiven: false, ...options })
}

/** Of images together: each blob once. */
export function sizeOf(...images: readonly BuiltImage[]): number {
  const blobs = new Map(images.flatMap(image => [...image.blobs]))
  return [...blobs.values()].reduce((sum, { byteLength }) => sum + byteLength, 0)
}

export const [base, one, two] = [sized('b', 1000), sized('1', 300), sized('2', 500)]
export const multi = buildIndex({ 'linux/amd64': { layers: [base, one] }, 'linux/arm64': { layers: [base, two] } })
export const plain = buildImage({ layers: [base, one] })
export const artifact = buildImage({ layers: [sized('a', 70)], manifest: { artifactType: 'application/x' } })
export const old = buildImage({ layers: [base, sized('o', 2000)] })
export const signature = buildImage({ layers: [sized('s', 40)] })

export const cosign = ({ root }: BuiltImage) => `${root.digest.replace(':', '-')}.sig`
