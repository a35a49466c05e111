import { interruptible } from '../../copy/interruptible.ts'
import { LadingError } from '../../errors/index.ts'
import type { Retention } from '../../stores/index.ts'
import { type BucketOptions, openStoreOf } from '../open-store-of.ts'
import { parsePrices } from './parse-prices.ts'
import { prices as publicPrices } from './prices.ts'
import { type StoreStats, storeStats } from './store-stats.ts'

export interface StatsOptions extends BucketOptions {
  /** Look at the layers too. */
  readonly layers?: boolean | undefined
  /** So many images and layers are listed. Everything is counted. Default: 50. */
  readonly limit?: number | undefined
  /** What is paid for this bucket, instead of public prices: the bytes of such a file, and what errors call it. */
  readonly prices?: { readonly bytes: Uint8Array; readonly name: string } | undefined
}

export interface StatsResult extends StoreStats {
  readonly bucket: string
  /** What the store keeps of what was deleted, which is paid for and not counted here. Absent: nothing, or it does not tell. */
  readonly retention?: Retention
}

const defaultLimit = 50

/**
 * Counts what a bucket holds, what its images share, what it costs, and what a clean would free. Nothing is written.
 *
 * What follows the bucket's root is an image name, a prefix or a glob: of which images there is a line, and whose layers are looked at.
 * All other numbers are those of the whole bucket.
 *
 * @example
 * const { images, tags, stored, savedPercent } = await bucketStats('local://./images/')
 * console.log(`${images} images, ${tags} tags, ${stored.bytes} bytes, ${savedPercent.toFixed()} % saved`)
 *
 * @throws LadingError `bad-reference`, `bucket-not-found`; `bad-layout` where the configuration is malformed; `bad-argument` for
 * prices that cannot be used
 */
export async function bucketStats(locator: string, options: StatsOptions = {}): Promise<StatsResult> {
  const { layers = false, limit = defaultLimit, prices, signal } = options
  if (!(Number.isSafeInteger(limit) && limit >= 0)) {
    throw new LadingError('bad-argument', `the limit must be a whole number, not ${limit}`)
  }
  const list = prices === undefined ? publicPrices : parsePrices(prices.bytes, prices.name)
  return await interruptible(signal, async () => {
    await using bucket = await openStoreOf(locator, options)
    const { store, path } = bucket
    const arePricesGiven = prices !== undefined
    const stats = await storeStats(store, { path, layers, limit, prices: list, arePricesGiven, signal })
    const retention = await store.retention?.({ signal })
    return { bucket: `${store.name}/`, ...stats, ...(retention === undefined ? {} : { retention }) }
  })
}
