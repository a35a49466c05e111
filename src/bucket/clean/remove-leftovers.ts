import { isLadingError } from '../../errors/index.ts'
import { type Leases, listTrashedTags, removeTrashedTag } from '../../layout/index.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { createTally, type Tally, tallied } from '../tally.ts'
import { clockPrefix } from './store-time.ts'

/** What nobody has gone on with for so long was given up: an upload that is resumed begins anew then. */
const staleMs = 24 * 60 * 60_000
/** Blobs whose digest was not known yet when they were sent. */
const draftsPrefix = 'lading/uploads/'

export interface LeftoverOptions {
  /** By the store's clock. */
  readonly now: Date
  readonly keepTrashMs: number
  readonly leases: Leases
  readonly apply: boolean
  readonly signal?: AbortSignal | undefined
}

export interface Leftovers {
  /** Uploads that were begun and never finished. */
  readonly uploads: Tally
  /** Why uploads could not be listed, or not removed: that wants permissions of its own. Absent: they were looked at. */
  readonly uploadsRefused?: string
  readonly leases: number
  readonly trashedTags: number
}

/** Removes what runs that were killed have left, and deleted tags that have been in the trash for long enough. */
export async function removeLeftovers(store: ObjectStore, options: LeftoverOptions): Promise<Leftovers> {
  const { now, leases, apply, signal } = options
  if (apply) for (const key of leases.expired) await store.delete(key, { signal })
  const stale = new Date(Math.min(now.getTime() - staleMs, leases.oldest?.getTime() ?? Number.POSITIVE_INFINITY))
  const uploads = createTally()
  for await (const entry of store.list(draftsPrefix, { signal })) {
    if (entry.kind !== 'object' || entry.info.modified > stale) continue
    uploads.add(entry.info.size)
    if (apply) await store.delete(entry.info.key, { signal })
  }
  const uploadsRefused = await refusal(async () => {
    for await (const { started, size, remove } of store.unfinished?.({ signal }) ?? []) {
      // One that the store forgets by itself is none of ours, and of one whose age it does not tell nobody knows that it was given up.
      if (remove === undefined || started === undefined || started > stale) continue
      const bytes = (await size(signal)) ?? 0
      if (apply) await remove(signal)
      uploads.add(bytes)
    }
  })
  for await (const entry of store.list(clockPrefix, { signal })) {
    if (apply && entry.kind === 'object' && entry.info.modified <= stale) await store.delete(entry.info.key, { signal })
  }
  return {
    uploads: tallied(uploads),
    ...(uploadsRefused === undefined ? {} : { uploadsRefused }),
    leases: leases.expired.length,
    trashedTags: await removeTrashed(store, stale, options),
  }
}

async function refusal(act: () => Promise<void>): Promise<string | undefined> {
  try {
    await act()
    return undefined
  } catch (error) {
    if (!isLadingError(error, 'denied', 'unsupported')) throw error
    return error.message
  }
}

async function removeTrashed(
  store: ObjectStore,
  stale: Date,
  { now, keepTrashMs, apply, signal }: LeftoverOptions,
): Promise<number> {
  let count = 0
  for await (const trashed of listTrashedTags(store, '', signal)) {
    const { complete, deletedAt } = trashed
    if (complete ? now.getTime() - deletedAt.getTime() < keepTrashMs : deletedAt > stale) continue
    if (complete) count += 1
    if (apply) await removeTrashedTag(store, trashed, signal)
  }
  return count
}
