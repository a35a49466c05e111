import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { digestOfLetter } from '../../../test/cli/images.ts'
import { runAs } from '../../../test/cli/run-dialect.ts'
import { runLading } from '../../../test/cli/run-lading.ts'
import { temporaryFolder } from '../../../test/services/temporary-folder.ts'
import { checkout } from '../../../test/structure/source-files.ts'
import type { StatsResult } from '../../bucket/index.ts'
import type { Library } from '../library.ts'

const tally = (count: number, bytes: number) => ({ count, bytes })

const few: StatsResult = {
  bucket: 's3://my-bucket/',
  images: 2,
  tags: 3,
  attachments: 0,
  incompleteTags: 0,
  stored: tally(100, 2_400_000_000),
  objects: {
    blobs: tally(89, 2_399_990_000),
    tags: tally(11, 10_000),
    trash: tally(0, 0),
    chunks: tally(0, 0),
    recipes: tally(0, 0),
    indexes: tally(0, 0),
    other: tally(0, 0),
  },
  blobs: {
    stored: tally(89, 2_399_990_000),
    needed: tally(89, 2_399_990_000),
    historyOnly: tally(0, 0),
    condemned: tally(0, 0),
    unneeded: tally(0, 0),
  },
  missing: tally(0, 0),
  logicalBytes: 4_200_000_000,
  uniqueBytes: 2_400_000_000,
  savedBytes: 1_800_000_000,
  savedPercent: 42.9,
  storageClasses: [
    { storageClass: 'INTELLIGENT_TIERING', count: 89, bytes: 2_200_000_000, monthly: 0.0471, lowestMonthly: 0.0082 },
    { storageClass: 'STANDARD', count: 11, bytes: 200_000_000, monthly: 0.0043 },
  ],
  cost: {
    currency: 'USD',
    pricesOf: '2026-11-21',
    service: 'Amazon S3, us-east-1',
    monthly: 0.0514,
    lowestMonthly: 0.0125,
    unpricedBytes: 0,
    registry: { name: 'Amazon ECR, us-east-1', monthly: 0.19, bytes: 2_600_000_000, uncompressedBytes: 0 },
    fill: { requests: 89, cost: 0.00045 },
  },
  clean: { tags: 0, all: tally(0, 0), blobs: tally(0, 0), recent: tally(0, 0), allMonthly: 0, blobsMonthly: 0 },
  byImage: [
    { image: 'myapp', tags: 2, attachments: 0, logicalBytes: 3e9, ownBytes: 1.5e9, sharedBytes: 6e8 },
    { image: 'worker', tags: 1, attachments: 0, logicalBytes: 1.2e9, ownBytes: 3e8, sharedBytes: 6e8 },
  ],
  imagesLeftOut: 0,
}

const much: StatsResult = {
  ...few,
  attachments: 1,
  incompleteTags: 2,
  objects: { ...few.objects, chunks: tally(7, 30_000_000), recipes: tally(1, 1_000_000) },
  blobs: { ...few.blobs, historyOnly: tally(3, 45_000_000), condemned: tally(1, 5), unneeded: tally(2, 7) },
  missing: tally(1, 4_200_000),
  storageClasses: [{ storageClass: 'SLOW\u001b', count: 1, bytes: 2_400_000_000 }],
  cost: {
    currency: 'EUR',
    pricesOf: '2026-11-21',
    unpricedBytes: 2_400_000_000,
    registry: { name: 'R, x', monthly: 12, bytes: 1, uncompressedBytes: 3_400_000 },
  },
  clean: { tags: 8, all: tally(5, 45_200_000), blobs: tally(2, 7), recent: tally(1, 9) },
  byImage: [{ image: 'a\u001b', tags: 1, attachments: 1, logicalBytes: 1, ownBytes: 1, sharedBytes: 0 }],
  imagesLeftOut: 7,
  layers: {
    layers: [
      { digest: digestOfLetter('a'), bytes: 120_500_000, tags: 5, names: ['m:1', 'm:2', 'w:\u001b', 'x:1'] },
      { digest: digestOfLetter('b'), bytes: 45_200_000, tags: 2, names: ['m:1', 'm:2'] },
    ],
    leftOut: 1,
    unique: tally(3, 173_800_000),
    logicalBytes: 339_500_000,
  },
  retention: { versions: 'on', lockedDays: 0, softDeleteDays: 0 },
}

const calls: unknown[][] = []
const library = (result: StatsResult): Partial<Library> => ({
  bucketStats: async (...words) => {
    calls.push(words)
    return result
  },
})

function stats(result: StatsResult, ...words: string[]) {
  return runLading(['stats', ...words, 's3://my-bucket/'], { library: library(result) })
}

test('a bucket is shown as the manual shows it', async () => {
  const manual = await readFile(path.join(checkout, 'docs/buckets.md'), 'utf8')
  const [, shown] = /^\$ lading stats s3:\/\/my-bucket\/\n(.*?)^```/ms.exec(manual) ?? []
  expect(await stats(few)).toEqual({ exit: 0, stderr: '', stdout: shown })
})

test('what is wrong with a bucket is shown, and names cannot move the cursor', async () => {
  expect((await stats(much, '--layers')).stdout).toBe(`Bucket: s3://my-bucket/

Images:             2
Tags:               3, and 1 attachment
Unique blobs:       89 (2.4 GB)
Total size:         2.4 GB in 100 objects
Logical size:       4.2 GB
Saved by sharing:   1.8 GB (43%)
Chunks of s3lo 2:   31.0 MB
Kept by history:    3 (45.0 MB)
Condemned:          1 (5 B)
Needed by nothing:  2 (7 B)
Missing:            1 (4.2 MB)

IMAGE  TAGS  LOGICAL  OWN  SHARED
a\ufffd     1     1 B      1 B  0 B
and 7 more images

LAYER                SIZE     TAGS  SHARED BY
sha256:aaaaaaaaaaaa  121 MB   5     m:1, m:2, w:\ufffd and 2 more
sha256:bbbbbbbbbbbb  45.2 MB  2     m:1, m:2
and 1 more layer

3 unique layers across 3 tags and 1 attachment · 174 MB stored · 340 MB logical · 49% saved by sharing

STORAGE CLASS  OBJECTS  SIZE          A MONTH
SLOW\ufffd          1        2.4 GB  100%  -

Estimated monthly cost:  no price is known; --prices takes one
The same in R, x:        12.00 EUR

lading clean --blobs frees  2 (7 B)
lading clean frees          5 (45.2 MB) with 8 tags
too new to be removed       1 (9 B)

Note: 2 tags not whole: what is missing is not counted. lading doctor says what it is.
Note: A registry is reckoned to hold the 3.4 MB of uncompressed layers compressed.
Note: The bucket keeps versions: older ones are paid for too, and are not counted.
`)
})

test('a clean that would refuse says why', async () => {
  const { stdout } = await stats({ ...few, clean: { ...few.clean, refused: 'x\u001b' } })
  expect(stdout).toContain('lading clean would remove nothing: x\ufffd\n')
  expect(stdout).not.toContain('--blobs frees')
})

describe('for scripts', () => {
  test.each([
    ['json', (text: string): unknown => JSON.parse(text)],
    ['yaml', (text: string): unknown => parse(text)],
  ])('as %s', async (form, read) => {
    const { exit, stdout } = await stats(few, '--output', form)
    expect([exit, read(stdout)]).toEqual([0, few])
    const lading = await stats(much, '--output', form)
    expect(lading.stdout).not.toContain('\u001b')
  })

  test('under the name of s3lo too', async () => {
    const run = await runAs('s3lo', ['stats', 's3://my-bucket/', '--layers', '--output', 'yaml'], library(few))
    expect(run).toMatchObject({ exit: 0, stderr: '' })
    expect(parse(run.stdout)).toEqual(few)
    expect(calls.at(-1)).toEqual(['s3://my-bucket/', expect.objectContaining({ layers: true, limit: 50 })])
  })
})

test('options reach the library', async () => {
  const prices = path.join(await mkdtemp(path.join(temporaryFolder(), 'prices-')), 'prices.json')
  await writeFile(prices, '{}')
  await stats(few, '--limit', '7', '--prices', prices, '--region', 'x')
  expect(calls.at(-1)).toEqual([
    's3://my-bucket/',
    expect.objectContaining({
      layers: false,
      limit: 7,
      prices: { bytes: Buffer.from('{}'), name: prices },
      cloud: { region: 'x' },
    }),
  ])
  const { exit, stderr } = await stats(few, '--prices', `${prices}.none`)
  expect(exit).not.toBe(0)
  expect(stderr).toContain('read prices')
})
