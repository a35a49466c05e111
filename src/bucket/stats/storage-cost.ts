import { createTally, type GrowingTally, type Tally } from '../tally.ts'
import { type ClassPrice, gigabyte, type PriceList, type ServicePrices } from './prices.ts'

/** What a bucket holds in one class of storage. */
export interface ClassTally extends Tally {
  /** Objects that are large enough to be moved between tiers, where the service does that. */
  readonly watched: Tally
}

/** Objects by their class of storage. */
export interface ClassTallies {
  add(storageClass: string | undefined, bytes: number): void
  /** The largest first. */
  entries(): readonly (readonly [storageClass: string, tally: ClassTally])[]
}

/** A cost by the month, and what it is at least where objects may lie in cheaper tiers. */
export interface Cost {
  readonly monthly: number
  readonly lowest: number
}

/** What the class of an object is called where a service has none. */
const noClass = 'none'

/** @param prices of the service that holds the objects */
export function createClassTallies(prices: ServicePrices | undefined): ClassTallies {
  const byClass = new Map<string, { readonly all: GrowingTally; readonly watched: GrowingTally }>()
  return {
    add(storageClass = noClass, bytes) {
      const tally = byClass.get(storageClass) ?? { all: createTally(), watched: createTally() }
      byClass.set(storageClass, tally)
      tally.all.add(bytes)
      if (bytes >= (priceOf(prices, storageClass)?.tiering?.leastBytes ?? Number.POSITIVE_INFINITY)) {
        tally.watched.add(bytes)
      }
    },
    entries: () =>
      [...byClass]
        .map(([name, { all, watched }]) => [name, { count: all.count, bytes: all.bytes, watched }] as const)
        .sort(([nameA, a], [nameB, b]) => b.bytes - a.bytes || (nameA < nameB ? -1 : 1)),
  }
}

/** `undefined` where the class has no price. */
export function costOf(
  { bytes, watched }: ClassTally,
  storageClass: string,
  prices: ServicePrices | undefined,
): Cost | undefined {
  const price = priceOf(prices, storageClass)
  if (price === undefined) return undefined
  const { gigabyteMonth, tiering } = price
  const watching = watched.count * (tiering?.watchedObjectMonth ?? 0)
  const lower = tiering === undefined ? 0 : watched.bytes * (gigabyteMonth - tiering.lowestGigabyteMonth)
  const monthly = (bytes * gigabyteMonth) / gigabyte + watching
  return { monthly, lowest: monthly - lower / gigabyte }
}

/** What the classes with a price cost together. `undefined` where none has one. */
export function totalCost(tallies: ClassTallies, prices: ServicePrices | undefined): Cost | undefined {
  const costs = tallies.entries().flatMap(([name, tally]) => costOf(tally, name, prices) ?? [])
  if (costs.length === 0) return undefined
  return costs.reduce((sum, { monthly, lowest }) => ({ monthly: sum.monthly + monthly, lowest: sum.lowest + lowest }))
}

/**
 * What a registry would charge by the month for layers and manifests that it keeps once for each repository.
 *
 * @param uncompressed of these bytes so many are layers that nobody has compressed
 */
export function registryCost(bytes: number, uncompressed: number, { registry }: PriceList): number {
  const stored = bytes - uncompressed + uncompressed / registry.layerCompression
  return (stored * registry.gigabyteMonth) / gigabyte
}

function priceOf(prices: ServicePrices | undefined, storageClass: string): ClassPrice | undefined {
  return prices !== undefined && Object.hasOwn(prices.classes, storageClass) ? prices.classes[storageClass] : undefined
}
