import { LadingError } from '../../errors/index.ts'
import {
  blobKey,
  type CondemnedBlobs,
  type CondemnedRange,
  deletingEndsMs,
  type LeaseClock,
  readCondemned,
  rewriteCondemned,
} from '../../layout/index.ts'
import type { Digest } from '../../model/digest.ts'
import type { ObjectStore } from '../../stores/index.ts'
import type { DigestTable } from '../digest-table.ts'
import { createTally, type GrowingTally, type Tally } from '../tally.ts'
import { live, past } from './mark-blobs.ts'
import { stored } from './sweep-blobs.ts'

/**
 * No deletion is sent later than this after the record says that it is under way: well before `deletingEndsMs`, from when a push takes
 * the blobs for spared.
 */
const sendDeletionsMs = 60_000
/** Nor is one that went wrong sent again. */
const repeatDeletionsMs = 120_000
const watchMs = 500

export interface DeleteOptions {
  /** By the store's clock. */
  readonly now: Date
  /** How long a blob stays condemned. */
  readonly keepTrashMs: number
  /** When the oldest push began that is under way. */
  readonly oldestLease: Date | undefined
  /** The clocks of the store differ by no more. */
  readonly clockMarginMs: number
  readonly clock: LeaseClock
  readonly apply: boolean
  readonly signal?: AbortSignal | undefined
}

export interface Deleted {
  readonly removed: Tally
  /** Condemned long enough, and a push under way may have counted on them since before. */
  readonly waiting: Tally
  /** Condemned, and not for long enough. */
  readonly inTrash: Tally
}

/** Of a million deletions that are refused, one says why. */
interface Failed {
  first: LadingError | undefined
}

/**
 * Deletes what has been condemned for long enough and is not marked. The records MUST have been listed before
 * the leases were read, and the marks made after.
 *
 * @throws LadingError the first deletion that failed, when everything else is done
 */
export async function deleteCondemned(
  store: ObjectStore,
  table: DigestTable,
  records: AsyncIterable<CondemnedRange> | readonly CondemnedRange[],
  options: DeleteOptions,
): Promise<Deleted> {
  const counts = { removed: createTally(), waiting: createTally(), inTrash: createTally() }
  const failed: Failed = { first: undefined }
  for await (const range of records) {
    const record = await readCondemned(store, range, options.signal)
    if (record !== undefined) await handle(store, table, record, options, counts, failed)
  }
  if (failed.first !== undefined) throw failed.first
  return counts
}

async function handle(
  store: ObjectStore,
  table: DigestTable,
  record: CondemnedBlobs,
  options: DeleteOptions,
  counts: Record<keyof Deleted, GrowingTally>,
  failed: Failed,
): Promise<void> {
  const { now, keepTrashMs, oldestLease, clockMarginMs, apply, signal } = options
  const garbage = new Map([...record.blobs].filter(([digest]) => isGarbage(table, digest, record, clockMarginMs)))
  // Another clean is at it, or was a moment ago.
  if (record.state === 'deleting' && now.getTime() - record.touched.getTime() <= deletingEndsMs) {
    for (const size of garbage.values()) counts.inTrash.add(size)
    return
  }
  const due = keepTrashMs === 0 || now.getTime() - record.since.getTime() >= keepTrashMs
  const counted = oldestLease !== undefined && oldestLease.getTime() < record.since.getTime() + clockMarginMs
  if (due && !counted) {
    if (apply) return await deleteBlobs(store, record, garbage, options, counts.removed, failed)
    for (const size of garbage.values()) counts.removed.add(size)
    return
  }
  for (const size of garbage.values()) counts[due ? 'waiting' : 'inTrash'].add(size)
  const changes = garbage.size < record.blobs.size || garbage.size === 0 || record.state === 'deleting'
  if (apply && changes) await rewriteCondemned(store, record, { state: 'condemned', blobs: garbage }, signal)
}

/** Marked: something needs it after all. Not there: somebody deleted it. Written since: it was needed again. */
function isGarbage(table: DigestTable, digest: Digest, { since }: CondemnedBlobs, clockMarginMs: number): boolean {
  const flags = table.flags(digest)
  if (flags & (live | past) || !(flags & stored)) return false
  return (table.number(digest) ?? 0) <= since.getTime() + clockMarginMs
}

async function deleteBlobs(
  store: ObjectStore,
  record: CondemnedBlobs,
  garbage: ReadonlyMap<Digest, number>,
  { clock, signal }: DeleteOptions,
  removed: GrowingTally,
  failed: Failed,
): Promise<void> {
  const elapsed = clock.stopwatch()
  const ours = await rewriteCondemned(store, record, { state: 'deleting', blobs: garbage }, signal)
  // Whoever changed it has lifted a blob, or deletes them. What is left is for the next clean.
  if (ours === undefined || garbage.size === 0) return
  const byKey = new Map([...garbage.keys()].map(digest => [blobKey(digest), digest]))
  const left = new Map(garbage)
  const late = new AbortController()
  // A timer stands still while the machine sleeps, and whoever wakes up repeats what was under way.
  const watch = setInterval(() => elapsed() > repeatDeletionsMs && late.abort(), watchMs)
  const inBounds = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal])
  try {
    for await (const { key, error } of store.deleteMany(inTime(byKey.keys(), elapsed), { signal: inBounds })) {
      const digest = byKey.get(key)
      failed.first ??= error
      if (error !== undefined || digest === undefined) continue
      removed.add(garbage.get(digest) ?? 0)
      left.delete(digest)
    }
  } catch (error) {
    if (signal?.aborted || !late.signal.aborted) throw error
    // The record says what is being deleted until nobody can be at it any more: then another clean goes on.
    throw new LadingError('timeout', 'the store was too slow in deleting blobs', {
      operation: 'delete blobs',
      hint: 'clean again in some minutes: what is left is deleted then',
      cause: error,
    })
  } finally {
    clearInterval(watch)
  }
  if (left.size === 0) await store.delete(record.key, { signal })
  else await rewriteCondemned(store, ours, { state: 'condemned', blobs: left }, signal)
}

function* inTime(keys: Iterable<string>, elapsed: () => number): Generator<string, void, undefined> {
  for (const key of keys) {
    if (elapsed() > sendDeletionsMs) return
    yield key
  }
}
