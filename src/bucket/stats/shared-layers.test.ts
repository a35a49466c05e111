import { describe, expect, test } from 'vitest'
import { addTag, base, multi, oldStore, one, plain, sized, stats, two } from '../../../test/bucket/image-store.ts'
import { type Digest, digestOf } from '../../model/digest.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { buildImage } from '../../testing/build-image.ts'

describe('layers', () => {
  async function filled(): Promise<ObjectStore> {
    const store = oldStore()
    await addTag(store, 'app:v1', multi)
    await addTag(store, 'app:v2', plain)
    await addTag(store, 'tool:v1', buildImage({ layers: [base, sized('x', 400)] }))
    return store
  }
  const layerOf = (content: Uint8Array, names: string[]) => ({
    digest: digestOf(content) as Digest,
    bytes: content.byteLength,
    tags: names.length,
    names,
  })

  test('come with who shares them, the most shared first, then the largest', async () => {
    const { layers } = await stats(await filled(), { layers: true })
    expect(layers).toEqual({
      layers: [
        layerOf(base, ['app:v1', 'app:v2', 'tool:v1']),
        layerOf(one, ['app:v1', 'app:v2']),
        layerOf(two, ['app:v1']),
        layerOf(sized('x', 400), ['tool:v1']),
      ],
      leftOut: 0,
      unique: { count: 4, bytes: 2200 },
      logicalBytes: 3 * 1000 + 2 * 300 + 500 + 400,
    })
  })

  test('are limited, and their totals are not', async () => {
    const found = await stats(await filled(), { layers: true, limit: 1 })
    expect(found.layers).toMatchObject({ layers: [{ tags: 3 }], leftOut: 3, unique: { count: 4 } })
    expect([found.byImage.length, found.imagesLeftOut]).toEqual([1, 1])
    const none = await stats(await filled(), { layers: true, limit: 0 })
    expect(none.layers).toMatchObject({ layers: [], leftOut: 4, unique: { count: 4 } })
  })

  test('and images are those that are asked for; what is counted is the bucket', async () => {
    const found = await stats(await filled(), { layers: true, path: 't*' })
    expect(found.byImage.map(({ image }) => image)).toEqual(['tool'])
    expect(found.layers?.layers.map(({ bytes, tags }) => [bytes, tags])).toEqual([
      [1000, 3],
      [400, 1],
    ])
    expect([found.images, found.tags]).toEqual([2, 3])
  })

  test('name ten tags at most', async () => {
    const store = oldStore()
    for (let at = 0; at < 12; at++) await addTag(store, `app:v${at + 10}`, plain)
    const { layers } = await stats(store, { layers: true })
    expect(layers?.layers[0]).toMatchObject({ tags: 12, names: { length: 10, 0: 'app:v10' } })
  })
})
