import { mkdtemp, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { temporaryFolder } from '../../../test/services/temporary-folder.ts'
import { blobKey, tagKeys } from '../../layout/index.ts'
import { buildImage } from '../../testing/build-image.ts'
import { type FakeS3, startFakeS3 } from '../../testing/fake-s3.ts'
import { openStoreOf } from '../open-store-of.ts'
import { bucketStats } from './bucket-stats.ts'
import { prices } from './prices.ts'

const fixture = path.resolve(import.meta.dirname, '../../../test/fixtures/s3lo-store')

test('a store of s3lo that lacks a layer counts what it has', async () => {
  const found = await bucketStats(`local://${fixture}/`, { layers: true })
  expect(found).toMatchObject({
    bucket: `local://${fixture}/`,
    images: 1,
    tags: 1,
    attachments: 0,
    incompleteTags: 1,
    blobs: { stored: { count: 54, bytes: 26_161_514 }, needed: { count: 54 }, unneeded: { count: 0 } },
    missing: { count: 1, bytes: 4_197_091 },
    // The blobs and the index, which s3lo keeps as the tag alone.
    logicalBytes: 26_161_514 + 9218,
    uniqueBytes: 26_161_514 + 9218,
    savedBytes: 0,
    byImage: [{ image: 'alpine', tags: 1, ownBytes: 26_161_514 + 9218, sharedBytes: 0 }],
    cost: { currency: 'USD' },
  })
  // Of 8 platforms 7, and of 8 attestations 15 statements.
  expect(found.layers?.unique.count).toBe(22)
  expect(found.layers?.layers.every(({ names }) => names[0] === 'alpine:latest')).toBe(true)
  expect(found.cost).not.toHaveProperty('monthly')
})

describe('a bucket of S3', () => {
  const image = buildImage({ layers: [new Uint8Array(200_000)] })
  let s3: FakeS3

  beforeAll(async () => {
    s3 = await startFakeS3()
    s3.bucket('images')
    vi.stubEnv('AWS_ACCESS_KEY_ID', s3.accessKeyId)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', s3.secretAccessKey)
    await using bucket = await openStoreOf('s3://images/', { cloud: { endpoint: s3.url } })
    const { store } = bucket
    for (const [digest, content] of image.blobs) await store.put(blobKey(digest), content, { content: digest })
    await store.put(tagKeys('app', 'v1').manifest, image.blobs.get(image.root.digest) ?? new Uint8Array())
  })
  afterAll(async () => {
    await s3.stop()
    vi.unstubAllEnvs()
  })

  test('has its classes, and the prices that somebody gives: those of Amazon are not its own', async () => {
    const cloud = { endpoint: s3.url }
    const without = await bucketStats('s3://images/', { cloud })
    const blobBytes = without.blobs.stored.bytes
    expect(without.storageClasses).toEqual([
      { storageClass: 'INTELLIGENT_TIERING', count: 3, bytes: blobBytes },
      { storageClass: 'STANDARD', count: 1, bytes: image.root.size },
    ])
    expect(without.cost).not.toHaveProperty('monthly')

    const file = { name: 'prices.json', bytes: new TextEncoder().encode(JSON.stringify(prices)) }
    const { storageClasses, cost } = await bucketStats('s3://images/', { cloud, prices: file })
    const [tiering, standard] = storageClasses
    const watched = 0.0025 / 1000
    expect(tiering?.monthly).toBeCloseTo((blobBytes * 0.023) / 2 ** 30 + watched, 15)
    expect(tiering?.lowestMonthly).toBeCloseTo(
      ((blobBytes - 200_000) * 0.023 + 200_000 * 0.004) / 2 ** 30 + watched,
      15,
    )
    expect(standard).not.toHaveProperty('lowestMonthly')
    expect(cost.monthly).toBeCloseTo((tiering?.monthly ?? 0) + (standard?.monthly ?? 0), 15)
    expect(cost.fill).toEqual({ requests: 3, cost: expect.closeTo(0.000015, 12) })
  })
})

describe('is refused:', () => {
  test.each([[-1], [1.5], [Number.NaN]])('a limit of %d', async limit => {
    await expect(bucketStats(`local://${fixture}/`, { limit })).rejects.toMatchObject({ code: 'bad-argument' })
  })

  test('no bucket, and a configuration that is malformed', async () => {
    const folder = await mkdtemp(path.join(temporaryFolder(), 'stats-'))
    await expect(bucketStats(`local://${folder}/none/`)).rejects.toMatchObject({ code: 'bucket-not-found' })
    await writeFile(path.join(folder, 's3lo.yaml'), 'default: 7\n')
    await expect(bucketStats(`local://${folder}/`)).rejects.toMatchObject({ code: 'bad-layout' })
  })
})
