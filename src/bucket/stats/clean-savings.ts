import { isLadingError } from '../../errors/index.ts'
import { type BucketConfig, systemClock } from '../../layout/index.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { cleanStore } from '../clean/clean-store.ts'
import type { Tally } from '../tally.ts'

/** What a clean would free now, were the trash emptied at once. */
export interface CleanSavings {
  /** Tags that the lifecycle rules let go. */
  readonly tags: number
  /** What `clean` would delete. */
  readonly all: Tally
  /** What `clean --blobs` would delete. */
  readonly blobs: Tally
  /** What either leaves for now, since a push may be bringing it. */
  readonly recent: Tally
  /** What `all` and `blobs` cost by the month, at the average price of the blobs. Absent where they have none. */
  readonly allMonthly?: number
  readonly blobsMonthly?: number
  /** Why a clean would remove nothing. */
  readonly refused?: string
}

export interface SavingsOptions {
  readonly config: BucketConfig
  readonly graceMs: number
  /** Something is attached to a manifest by a tag, and goes with it. */
  readonly hasAttachments: boolean
  /** Needed by nothing: to be deleted by a clean of the blobs alone. */
  readonly garbage: Tally
  readonly recent: Tally
  /** Of a byte and a month. */
  readonly bytePrice: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** The plan of a clean. Where no rule lets a tag go it is that of the blobs, which is known. */
export async function cleanSavings(store: ObjectStore, options: SavingsOptions): Promise<CleanSavings> {
  const { config, graceMs, hasAttachments, garbage, bytePrice, signal } = options
  const priced = (result: Pick<CleanSavings, 'tags' | 'all' | 'blobs' | 'recent'>): CleanSavings => ({
    ...result,
    ...(bytePrice === undefined
      ? {}
      : { allMonthly: result.all.bytes * bytePrice, blobsMonthly: result.blobs.bytes * bytePrice }),
  })
  const known = { tags: 0, all: garbage, blobs: garbage, recent: options.recent }
  if (!hasAttachments && !hasRules(config)) return priced(known)
  try {
    const { tags, blobs } = await cleanStore(store, {
      ...{ path: '', config, tags: true, blobs: true, apply: false, graceMs, keepTrashMs: 0 },
      clock: systemClock,
      signal,
    })
    return priced({ ...known, tags: tags.removed.length, all: blobs?.removed ?? garbage })
  } catch (error) {
    if (!isLadingError(error, 'bad-layout')) throw error
    const nothing = { count: 0, bytes: 0 }
    return { ...priced({ ...known, all: nothing, blobs: nothing }), refused: error.message }
  }
}

function hasRules({ byDefault, images }: BucketConfig): boolean {
  return [byDefault, ...images.values()].some(({ keepLast, maxAge }) => keepLast !== undefined || maxAge !== undefined)
}
