import * as v from 'valibot'
import { LadingError } from '../../errors/index.ts'
import { readJson } from '../../model/read-json.ts'
import type { PriceList } from './prices.ts'

const amount = v.pipe(v.number(), v.finite(), v.minValue(0))
const text = v.pipe(v.string(), v.minLength(1))
const source = v.optional(v.string(), '')

const classPrice = v.object({
  gigabyteMonth: amount,
  tiering: v.exactOptional(
    v.object({ lowestGigabyteMonth: amount, watchedObjectMonth: amount, leastBytes: v.pipe(amount, v.integer()) }),
  ),
  source,
})

const schema = v.object({
  date: v.pipe(v.string(), v.isoDate('is no date like 2026-11-21')),
  currency: v.pipe(v.string(), v.regex(/^[A-Z]{3}$/, 'is no currency like USD')),
  services: v.record(
    text,
    v.object({
      name: text,
      region: text,
      classes: v.record(text, classPrice),
      put: v.exactOptional(v.object({ request: amount, source })),
    }),
  ),
  registry: v.object({
    name: text,
    region: text,
    gigabyteMonth: amount,
    layerCompression: v.pipe(v.number(), v.finite(), v.minValue(1)),
    source,
  }),
})

/**
 * Reads prices that somebody else has written down.
 *
 * @param name what the error names
 * @throws LadingError `bad-argument`
 */
export function parsePrices(bytes: Uint8Array, name: string): PriceList {
  const refuse = (why: string, cause?: unknown) =>
    new LadingError('bad-argument', `these prices cannot be used: ${why}`, {
      operation: 'read prices',
      side: 'local',
      subject: name,
      hint: 'docs/buckets.md shows what such a file holds',
      cause,
    })
  let value: unknown
  try {
    value = readJson(bytes)
  } catch (cause) {
    throw refuse('they are not JSON', cause)
  }
  const result = v.safeParse(schema, value, { abortEarly: true })
  if (result.success) return result.output
  const [issue] = result.issues
  const is = issue.received === 'undefined' ? 'is missing' : `should be ${issue.expected}, and is ${issue.received}`
  const what = issue.message.startsWith('is ') ? issue.message : is
  throw refuse(`${v.getDotPath(issue) ?? 'the document'} ${what}`)
}
