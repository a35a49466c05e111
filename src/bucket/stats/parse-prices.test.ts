import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { parsePrices } from './parse-prices.ts'
import { prices } from './prices.ts'

const encode = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))

test('the public prices have the shape that a file must have, and each says its page', () => {
  expect(parsePrices(encode(prices), 'prices.json')).toEqual(prices)
  const sources = [
    prices.registry.source,
    ...Object.values(prices.services).flatMap(({ classes, put }) => [
      ...Object.values(classes).map(({ source }) => source),
      put?.source,
    ]),
  ]
  for (const source of sources) expect(source).toMatch(/^https:\/\//)
})

test('the file of the manual is one, and may leave out where its prices are from', async () => {
  const manual = await readFile(new URL('../../../docs/buckets.md', import.meta.url), 'utf8')
  const [, file = ''] = /^```json\n(.*?)^```/ms.exec(manual) ?? []
  expect(parsePrices(encode(file), 'prices.json')).toMatchObject({
    currency: 'EUR',
    services: { s3: { classes: { STANDARD: { gigabyteMonth: 0.012, source: '' } } } },
  })
})

test('the manual names every public price', async () => {
  const manual = await readFile(new URL('../../../docs/buckets.md', import.meta.url), 'utf8')
  const table = manual.slice(manual.indexOf('| | for a GB and month'))
  for (const { classes } of Object.values(prices.services)) {
    for (const { gigabyteMonth } of Object.values(classes)) expect(table).toContain(`$${gigabyteMonth}`)
  }
})

describe('refused:', () => {
  const { date: _, ...undated } = prices
  const withClass = (price: unknown) => ({
    ...prices,
    services: { s3: { name: 'x', region: 'y', classes: { STANDARD: price } } },
  })
  test.each([
    ['no JSON', '{', 'they are not JSON'],
    ['no object', 7, 'the document should be Object, and is 7'],
    ['no date', undated, 'date is missing'],
    ['a date that is none', { ...prices, date: 'today' }, 'date is no date like 2026-11-21'],
    ['a currency that is none', { ...prices, currency: 'dollars' }, 'currency is no currency like USD'],
    ['a price below nothing', withClass({ gigabyteMonth: -1 }), 'services.s3.classes.STANDARD.gigabyteMonth'],
    ['a price that is a text', withClass({ gigabyteMonth: '1' }), 'should be number, and is "1"'],
    ['no ratio', { ...prices, registry: { ...prices.registry, layerCompression: 0 } }, 'registry.layerCompression'],
  ])('%s', (_, value, why) => {
    expect(() => parsePrices(encode(value), 'prices.json')).toThrow(
      expect.objectContaining({ code: 'bad-argument', subject: 'prices.json', message: expect.stringContaining(why) }),
    )
  })
})
