import { describe, expect, test } from 'vitest'
import {
  addBlobs,
  addTag,
  artifact,
  base,
  oldStore,
  one,
  plain,
  sizeOf,
  stats,
} from '../../../test/bucket/image-store.ts'
import { buildImage } from '../../testing/build-image.ts'
import { type PriceList, prices } from './prices.ts'

describe('money', () => {
  const own: PriceList = {
    ...prices,
    services: {
      local: { name: 'Our disks', region: 'the cellar', classes: { none: { gigabyteMonth: 1, source: '' } } },
    },
  }

  test('is told by prices that somebody gives, and not without', async () => {
    const store = oldStore()
    await addTag(store, 'app:v1', plain)
    await addBlobs(store, artifact)
    const without = await stats(store)
    expect(without.cost.monthly).toBeUndefined()
    expect(without.cost.unpricedBytes).toBe(without.stored.bytes)

    const found = await stats(store, { prices: own, arePricesGiven: true })
    expect(found.cost).toMatchObject({ service: 'Our disks, the cellar', unpricedBytes: 0 })
    expect(found.cost.monthly).toBeCloseTo(found.stored.bytes / 2 ** 30, 15)
    expect(found.clean.blobsMonthly).toBeCloseTo(sizeOf(artifact) / 2 ** 30, 15)
    expect(found.storageClasses).toEqual([{ storageClass: 'none', ...found.stored, monthly: found.cost.monthly }])
  })

  test('of a registry is for layers once a repository, and uncompressed ones compressed', async () => {
    const store = oldStore()
    const zipped = buildImage({ layers: [base], gzip: true })
    for (const name of ['app:v1', 'app:v2', 'tool:v1']) await addTag(store, name, plain)
    await addTag(store, 'zip:v1', zipped)
    const { cost } = await stats(store)
    const uncompressed = 2 * (base.byteLength + one.byteLength)
    const all = 2 * sizeOf(plain) + sizeOf(zipped)
    expect(cost.registry).toMatchObject({ bytes: all, uncompressedBytes: uncompressed })
    expect(cost.registry.monthly).toBeCloseTo(((all - uncompressed + uncompressed / 3.4) * 0.1) / 2 ** 30, 15)
  })
})
