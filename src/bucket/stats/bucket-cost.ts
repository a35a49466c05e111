import type { ObjectStore } from '../../stores/index.ts'
import type { Tally } from '../tally.ts'
import type { ImageCount } from './image-counts.ts'
import type { PriceList, ServicePrices } from './prices.ts'
import { type ClassTallies, costOf, registryCost, totalCost } from './storage-cost.ts'

/** What lies in one class of storage. */
export interface StorageClassStats extends Tally {
  /** As the service calls it; `none` where it has no classes. */
  readonly storageClass: string
  /** By the month. Absent where there is no price. */
  readonly monthly?: number
  /** The same if everything had moved to the cheapest tier that the class moves objects to by itself. Absent where it has none. */
  readonly lowestMonthly?: number
}

/** Money, in the currency of the price list. */
export interface CostStats {
  readonly currency: string
  /** When the prices were looked up. */
  readonly pricesOf: string
  /** Whose prices these are. Absent where the service has none. */
  readonly service?: string
  /** Of everything that has a price. Absent where nothing has one. */
  readonly monthly?: number
  readonly lowestMonthly?: number
  /** In classes without a price. */
  readonly unpricedBytes: number
  /** What a registry would charge for the same images. */
  readonly registry: {
    readonly name: string
    readonly monthly: number
    /** What it would charge for: layers once for each repository. */
    readonly bytes: number
    /** How many of them are layers that are not compressed, and would be there. */
    readonly uncompressedBytes: number
  }
  /** The requests that write every blob that a tag needs into an empty bucket. */
  readonly fill?: { readonly requests: number; readonly cost: number }
}

/** The prices of the service that holds a bucket. A server that only speaks the protocol of S3 has its own. */
export function servicePrices(
  store: ObjectStore,
  { services }: PriceList,
  areGiven: boolean,
): ServicePrices | undefined {
  const scheme = /^([a-z0-9]+):\/\//.exec(store.name)?.[1] ?? 'local'
  const account = store.origin?.('s3lo.yaml').account ?? ''
  const isAmazon = /^aws |\.amazonaws\.com(?:\.cn)? /.test(account)
  if (scheme === 's3' && !isAmazon && !areGiven) return undefined
  return Object.hasOwn(services, scheme) ? services[scheme] : undefined
}

export function classStats(classes: ClassTallies, prices: ServicePrices | undefined): readonly StorageClassStats[] {
  return classes.entries().map(([storageClass, tally]) => {
    const cost = costOf(tally, storageClass, prices)
    return {
      storageClass,
      count: tally.count,
      bytes: tally.bytes,
      ...(cost === undefined ? {} : { monthly: cost.monthly }),
      ...(cost === undefined || cost.lowest === cost.monthly ? {} : { lowestMonthly: cost.lowest }),
    }
  })
}

export function costStats(
  list: PriceList,
  prices: ServicePrices | undefined,
  classes: ClassTallies,
  images: readonly ImageCount[],
  needed: Tally,
): CostStats {
  const total = totalCost(classes, prices)
  const unpriced = classes.entries().filter(([name, tally]) => costOf(tally, name, prices) === undefined)
  const bytes = images.reduce((sum, { uniqueBytes }) => sum + uniqueBytes, 0)
  const uncompressedBytes = images.reduce((sum, image) => sum + image.uncompressedBytes, 0)
  return {
    currency: list.currency,
    pricesOf: list.date,
    ...(prices === undefined ? {} : { service: `${prices.name}, ${prices.region}` }),
    ...(total === undefined ? {} : { monthly: total.monthly }),
    ...(total === undefined || total.lowest === total.monthly ? {} : { lowestMonthly: total.lowest }),
    unpricedBytes: unpriced.reduce((sum, [, tally]) => sum + tally.bytes, 0),
    registry: {
      name: `${list.registry.name}, ${list.registry.region}`,
      monthly: registryCost(bytes, uncompressedBytes, list),
      bytes,
      uncompressedBytes,
    },
    ...(prices?.put === undefined ? {} : { fill: { requests: needed.count, cost: needed.count * prices.put.request } }),
  }
}
