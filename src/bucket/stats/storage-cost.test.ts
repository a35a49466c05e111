import { describe, expect, test } from 'vitest'
import { memoryStore, type ObjectStore } from '../../stores/index.ts'
import { costStats, servicePrices } from './bucket-cost.ts'
import { gigabyte, prices, type ServicePrices } from './prices.ts'
import { createClassTallies, registryCost, totalCost } from './storage-cost.ts'

const s3 = prices.services.s3 as ServicePrices

/** Objects of a gigabyte each. */
function gigabytes(counts: Readonly<Record<string, number>>, of: ServicePrices | undefined = s3) {
  const classes = createClassTallies(of)
  for (const [name, count] of Object.entries(counts)) {
    for (let at = 0; at < count; at++) classes.add(name, gigabyte)
  }
  return classes
}

describe('what the pages of s3lo say of costs', () => {
  test('ECR is $0.10 a gigabyte and month, S3 Standard $0.023: about 4 times cheaper', () => {
    const ecr = registryCost(100 * gigabyte, 0, prices)
    const stored = totalCost(gigabytes({ STANDARD: 100 }), s3)
    expect(ecr).toBeCloseTo(10)
    expect(stored).toEqual({ monthly: expect.closeTo(2.3), lowest: expect.closeTo(2.3) })
    expect(ecr / 2.3).toBeCloseTo(4.3, 1)
  })

  test('a small team: 10 GB in ECR for $1.00, 3 GB stored for about $0.07', () => {
    expect(registryCost(10 * gigabyte, 0, prices)).toBeCloseTo(1)
    expect(totalCost(gigabytes({ INTELLIGENT_TIERING: 3 }), s3)?.monthly).toBeCloseTo(0.07, 2)
  })

  test('a larger team: 200 GB in ECR for $20.00, and 80 GB stored for between $0.32 and $1.84', () => {
    expect(registryCost(200 * gigabyte, 0, prices)).toBeCloseTo(20)
    const cost = totalCost(gigabytes({ INTELLIGENT_TIERING: 80 }), s3)
    expect(cost).toEqual({ monthly: expect.closeTo(1.84, 2), lowest: expect.closeTo(0.32, 2) })
  })

  test('100 blobs cost $0.0005 to push', () => {
    const { fill } = costStats(prices, s3, gigabytes({}), [], { count: 100, bytes: 0 })
    expect(fill).toEqual({ requests: 100, cost: expect.closeTo(0.0005, 10) })
  })

  test('layers that are not compressed are reckoned compressed in ECR', () => {
    expect(registryCost(3.4 * gigabyte, 3.4 * gigabyte, prices)).toBeCloseTo(0.1)
  })
})

test('small objects are never moved to a cheaper tier, and not watched', () => {
  const classes = createClassTallies(s3)
  classes.add('INTELLIGENT_TIERING', 128 * 1024 - 1)
  const small = ((128 * 1024 - 1) * 0.023) / gigabyte
  expect(totalCost(classes, s3)).toEqual({ monthly: small, lowest: small })
  classes.add('INTELLIGENT_TIERING', 128 * 1024)
  const large = (128 * 1024) / gigabyte
  const watched = 0.0025 / 1000
  expect(totalCost(classes, s3)).toEqual({
    monthly: expect.closeTo(small + large * 0.023 + watched, 15),
    lowest: expect.closeTo(small + large * 0.004 + watched, 15),
  })
})

test('a class without a price is not guessed', () => {
  const classes = gigabytes({ STANDARD: 1, DEEP_SLUMBER: 2, constructor: 1 })
  expect(classes.entries().map(([name]) => name)).toEqual(['DEEP_SLUMBER', 'STANDARD', 'constructor'])
  expect(costStats(prices, s3, classes, [], { count: 0, bytes: 0 })).toMatchObject({
    monthly: expect.closeTo(0.023),
    unpricedBytes: 3 * gigabyte,
  })
  expect(totalCost(gigabytes({ DEEP_SLUMBER: 1 }), s3)).toBeUndefined()
  expect(totalCost(gigabytes({ STANDARD: 1 }, undefined), undefined)).toBeUndefined()
})

describe('whose prices are asked', () => {
  function storeAt(name: string, account?: string): ObjectStore {
    const origin = (key: string) => ({ service: 's3', account: account ?? '', bucket: 'b', key })
    return { ...memoryStore(), name, ...(account === undefined ? {} : { origin }) }
  }
  test.each([
    ['s3://b', 'aws default', 'Amazon S3'],
    ['s3://b', 'https://s3.eu-west-1.amazonaws.com default', 'Amazon S3'],
    ['s3://b', 'http://localhost:9000 default', undefined],
    ['s3://b', 'https://amazonaws.com.example.org default', undefined],
    ['gs://b', 'x', 'Google Cloud Storage'],
    ['az://b', 'x', undefined],
    ['local://./b', undefined, undefined],
  ])('%s of %s: %s', (name, account, expected) => {
    expect(servicePrices(storeAt(name, account), prices, false)?.name).toBe(expected)
  })

  test('a server that speaks the protocol of S3 has those that somebody gives', () => {
    expect(servicePrices(storeAt('s3://b', 'http://localhost:9000 x'), prices, true)?.name).toBe('Amazon S3')
  })
})
