import { expect, test } from 'vitest'
import { addBlobs, addTag, oldStore, sized, stats } from '../../../test/bucket/image-store.ts'
import { type Random, seededRandom } from '../../../test/cleaning/random.ts'
import { readBucketConfig, referrerKey, systemClock } from '../../layout/index.ts'
import type { Digest } from '../../model/digest.ts'
import { type BuiltImage, buildImage, buildIndex } from '../../testing/build-image.ts'
import { cleanStore } from '../clean/clean-store.ts'

const layers = [...'abcdefgh'].map((letter, at) => sized(letter, 100 + at * 37))
const names = ['app', 'app/sub', 'app-2', 'tool']

interface World {
  readonly tags: readonly {
    readonly image: string
    readonly root: BuiltImage
    readonly history: readonly BuiltImage[]
  }[]
  readonly referrers: readonly { readonly subject: Digest; readonly root: BuiltImage }[]
}

function randomImage(random: Random): BuiltImage {
  const some = () => ({ layers: layers.filter(() => random.chance(0.4)), gzip: random.chance(0.3) })
  return random.chance(0.3) ? buildIndex({ 'linux/amd64': some(), 'linux/arm64': some() }) : buildImage(some())
}

function randomWorld(random: Random): World {
  const images = Array.from({ length: 6 }, () => randomImage(random))
  const tags = Array.from({ length: 1 + random.below(7) }, () => {
    const root = random.pick(images)
    return { image: random.pick(names), root, history: random.chance(0.5) ? [root, random.pick(images)] : [root] }
  })
  const referrers = images
    .filter(() => random.chance(0.3))
    .map(({ root }, at) => ({
      subject: root.digest,
      root: buildImage({ layers: [sized('r', 50 + at), random.pick(layers)] }),
    }))
  return { tags, referrers }
}

/** The same numbers from the definitions alone, with a set for everything. */
function reckon({ tags, referrers }: World) {
  const sizes = new Map<Digest, number>()
  for (const { root } of [...tags.flatMap(tag => [tag, ...tag.history.map(one => ({ root: one }))]), ...referrers]) {
    for (const [digest, content] of root.blobs) sizes.set(digest, content.byteLength)
  }
  const total = (digests: Iterable<Digest>) => [...digests].reduce((sum, digest) => sum + (sizes.get(digest) ?? 0), 0)
  const union = (roots: readonly BuiltImage[]) => new Set(roots.flatMap(root => [...root.blobs.keys()]))
  const withReferrers = (digests: ReadonlySet<Digest>) =>
    new Set([...digests, ...union(referrers.filter(({ subject }) => digests.has(subject)).map(({ root }) => root))])
  const live = withReferrers(union(tags.map(({ root }) => root)))
  const kept = withReferrers(union(tags.flatMap(({ root, history }) => [root, ...history])))
  const attached = referrers.filter(({ subject }) => live.has(subject)).map(({ root }) => root)
  const images = [...new Set(tags.map(({ image }) => image))].map(image => {
    const own = tags.filter(tag => tag.image === image)
    return {
      image,
      tags: own.length,
      keeps: withReferrers(union(own.flatMap(({ root, history }) => [root, ...history]))),
    }
  })
  return {
    live: total(live),
    historyOnly: total([...kept].filter(digest => !live.has(digest))),
    logical: [...tags.map(({ root }) => root), ...attached].reduce((sum, root) => sum + total(root.blobs.keys()), 0),
    own: new Map(
      images.map(({ image, tags: count, keeps }) => {
        const others = images.filter(other => other.image !== image)
        const alone = [...keeps].filter(digest => !others.some(other => other.keeps.has(digest)))
        return [image, [count, total(alone)]]
      }),
    ),
    attachments: attached.length,
  }
}

test.each(
  Array.from({ length: 60 }, (_, seed) => seed),
)('bucket %d has the numbers that the definitions give', async seed => {
  const random = seededRandom(seed)
  const world = randomWorld(random)
  const store = oldStore()
  for (const [at, { image, root, history }] of world.tags.entries())
    await addTag(store, `${image}:v${at}`, root, history)
  for (const { subject, root } of world.referrers) {
    await addBlobs(store, root)
    await store.put(referrerKey(subject, root.root.digest), new Uint8Array())
  }
  const found = await stats(store, { layers: true })
  const expected = reckon(world)
  expect({
    live: found.uniqueBytes,
    historyOnly: found.blobs.historyOnly.bytes,
    logical: found.logicalBytes,
    own: new Map(found.byImage.map(({ image, tags, ownBytes }) => [image, [tags, ownBytes]])),
    attachments: found.attachments,
  }).toEqual(expected)
  for (const { sharedBytes, ownBytes } of found.byImage)
    expect(Math.min(sharedBytes, ownBytes)).toBeGreaterThanOrEqual(0)

  const config = await readBucketConfig(store)
  const { blobs } = await cleanStore(store, {
    ...{ path: '', config, tags: false, blobs: true, apply: false, graceMs: 0, keepTrashMs: 0 },
    clock: systemClock,
  })
  expect([found.clean.blobs, found.blobs.historyOnly]).toEqual([blobs?.removed, blobs?.historyOnly])
})
