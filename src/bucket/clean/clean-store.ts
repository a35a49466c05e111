import { isLadingError } from '../../errors/index.ts'
import {
  type BucketConfig,
  type CondemnedRange,
  deleteTag,
  type LeaseClock,
  listCondemned,
  readCondemned,
  readLeases,
} from '../../layout/index.ts'
import type { Digest } from '../../model/digest.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { mapInOrder } from '../../streams/index.ts'
import { createDigestTable, type DigestTable } from '../digest-table.ts'
import { type Tally, tallied } from '../tally.ts'
import { deleteCondemned } from './delete-condemned.ts'
import { createMarker, live, type MarkOptions, past } from './mark-blobs.ts'
import { orphanedTags } from './orphaned-tags.ts'
import { type DoomedTag, planTags } from './plan-tags.ts'
import { removeDanglingReferrers } from './remove-dangling-referrers.ts'
import { type Leftovers, removeLeftovers } from './remove-leftovers.ts'
import { removeLostSignatures } from './remove-lost-signatures.ts'
import { readStoreTime } from './store-time.ts'
import { condemned, sweepBlobs } from './sweep-blobs.ts'

export interface CleanWork {
  /** Of which images tags may go; all blobs are looked at anyway. */
  readonly path: string
  readonly config: BucketConfig
  readonly tags: boolean
  readonly blobs: boolean
  /** Else it is only said what would be done, and nothing is written. */
  readonly apply: boolean
  readonly graceMs: number
  readonly keepTrashMs: number
  /** The clocks of the store differ by no more. */
  readonly clockMarginMs?: number
  readonly clock: LeaseClock
  /** This machine's time, by which a plan goes: to ask the store for its own something would have to be written. */
  readonly now?: () => Date
  readonly onPhase?: ((phase: CleanPhase) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

export type CleanPhase = 'tags' | 'mark' | 'sweep' | 'recheck' | 'delete'

export interface CleanOutcome {
  readonly tags: {
    /** Tags that the lifecycle rules were applied to. */
    readonly checked: number
    readonly removed: readonly DoomedTag[]
    /** Images with rules whose tags may not go since they are immutable. */
    readonly immutableImages: number
  }
  /** Absent where blobs were not to be cleaned. */
  readonly blobs?: CleanedBlobs
  readonly leftovers: Leftovers
}

export interface CleanedBlobs {
  readonly stored: Tally
  readonly removed: Tally
  /** By this run. */
  readonly condemned: Tally
  /** By an earlier one, and not for long enough. */
  readonly inTrash: Tally
  /** Condemned, and a push under way may count on them. */
  readonly waiting: Tally
  /** So new that a push may be bringing them. */
  readonly recent: Tally
  readonly historyOnly: Tally
}

/** Clocks of one service may differ by this much. */
const serviceClockMarginMs = 60_000
/** So many tags are deleted at once. */
const deletionsAtOnce = 16

/**
 * Removes tags by their lifecycle, and the blobs that nothing needs: `docs/adr/0007-cleaning-while-pushing.md` says why no blob is lost that a
 * push counts on. The order of the steps is that argument's.
 */
export async function cleanStore(store: ObjectStore, work: CleanWork): Promise<CleanOutcome> {
  const {
    path,
    config,
    apply,
    graceMs,
    keepTrashMs,
    clockMarginMs = serviceClockMarginMs,
    clock,
    onPhase,
    signal,
  } = work
  const elapsed = clock.stopwatch()
  const started = apply ? await readStoreTime(store, signal) : (work.now?.() ?? new Date())
  const now = () => new Date(started.getTime() + elapsed())
  const leases = await readLeases(store, started, signal)
  const before = new Date(
    Math.min(started.getTime() - graceMs, (leases.oldest?.getTime() ?? Number.POSITIVE_INFINITY) - clockMarginMs),
  )

  onPhase?.('tags')
  const plan = work.tags
    ? await planTags(store, path, config, started, signal)
    : { doomed: [], checked: 0, immutable: 0 }
  const doomed = new Set(plan.doomed.map(nameOf))
  const marking: MarkOptions = { config, isDoomed: tag => doomed.has(nameOf(tag)), signal }
  const table = createDigestTable()
  const marker = createMarker(store, table, marking)

  onPhase?.('mark')
  if (work.blobs) await loadCondemned(store, table, signal)
  // Tags alone need no marks, unless some belong to what others need: to make them every manifest is read.
  const marks = work.blobs || (await marker.hasAttached())
  if (marks) await marker.mark()
  let orphans = marks ? await orphanedTags(store, marker, { path, config, before, remove: work.tags, signal }) : []
  const kept: DoomedTag[] = []
  if (apply) {
    const remove = (going: readonly DoomedTag[]) => deleteTags(store, going, keepTrashMs > 0, now, signal)
    kept.push(...(await remove(plan.doomed)))
    if (orphans.length > 0) {
      // What they are attached to may have a tag again, or have kept it.
      await markWhatCame()
      orphans = orphans.filter(({ tag }) => marker.isOrphan(tag))
      kept.push(...(await remove(orphans)))
    }
  }
  const going = [...plan.doomed, ...orphans]
  const tags = {
    checked: plan.checked,
    removed: going.filter(tag => !kept.includes(tag)),
    immutableImages: plan.immutable,
  }
  const blobs = work.blobs ? await cleanBlobs() : undefined
  const leftovers = await removeLeftovers(store, { now: now(), keepTrashMs, leases, apply, signal })
  return { tags, ...(blobs === undefined ? {} : { blobs }), leftovers }

  /** The tags that were written since the beginning, and those that were to go and have moved. */
  async function markWhatCame(): Promise<void> {
    doomed.clear()
    const names = new Set(kept.map(nameOf))
    const since = new Date(started.getTime() - clockMarginMs)
    await marker.mark(entry => entry.info.modified >= since || names.has(nameOf(entry)))
  }

  async function cleanBlobs(): Promise<CleanedBlobs> {
    onPhase?.('sweep')
    const swept = await sweepBlobs(store, table, { before, apply, signal })
    let oldestLease = leases.oldest
    let records: AsyncIterable<CondemnedRange> | readonly CondemnedRange[] = listCondemned(store, signal)
    if (apply) {
      onPhase?.('recheck')
      // These alone: what another clean condemns from now on may be what a push counts on whose lease is not among those that are read here.
      records = await Array.fromAsync(records)
      // Who wrote its lease later finds what is condemned now. Who wrote it before is here, or has written its tag already.
      const later = await readLeases(store, now(), signal)
      oldestLease = later.oldest
      await markWhatCame()
    }
    onPhase?.('delete')
    const options = { now: now(), keepTrashMs, oldestLease, clockMarginMs, clock, apply, signal }
    const deleted = await deleteCondemned(store, table, records, options)
    const isNeeded = (manifest: Digest) => (table.flags(manifest) & (live | past)) !== 0
    if (apply) await removeDanglingReferrers(store, { isNeeded, before, signal })
    if (apply) await removeLostSignatures(store, { isNeeded, before, signal })
    const atOnce = keepTrashMs === 0
    return {
      stored: tallied(swept.all),
      removed: atOnce && !apply ? sum(deleted.removed, swept.condemned) : tallied(deleted.removed),
      condemned: atOnce ? none : tallied(swept.condemned),
      // Of what is in the trash now, what was there before.
      inTrash: apply && !atOnce ? difference(deleted.inTrash, swept.condemned) : tallied(deleted.inTrash),
      waiting: tallied(deleted.waiting),
      recent: tallied(swept.recent),
      historyOnly: tallied(swept.historyOnly),
    }
  }
}

function nameOf({ image, tag }: { readonly image: string; readonly tag: string }): string {
  return `${image}:${tag}`
}

const none: Tally = { count: 0, bytes: 0 }

/** Something may have been lifted meanwhile. */
function difference(a: Tally, b: Tally): Tally {
  return { count: Math.max(0, a.count - b.count), bytes: Math.max(0, a.bytes - b.bytes) }
}

function sum(a: Tally, b: Tally): Tally {
  return { count: a.count + b.count, bytes: a.bytes + b.bytes }
}

async function loadCondemned(store: ObjectStore, table: DigestTable, signal: AbortSignal | undefined): Promise<void> {
  for await (const range of listCondemned(store, signal)) {
    const record = await readCondemned(store, range, signal)
    for (const digest of record?.blobs.keys() ?? []) table.add(digest, condemned)
  }
}

/** @returns those that have moved since it was decided that they go */
async function deleteTags(
  store: ObjectStore,
  tags: readonly DoomedTag[],
  keepTrash: boolean,
  now: () => Date,
  signal: AbortSignal | undefined,
): Promise<DoomedTag[]> {
  const deletions = mapInOrder(tags, deletionsAtOnce, async tag => {
    const { image, digest } = tag
    try {
      await deleteTag(store, { image, tag: tag.tag, immutable: false, expect: digest, keepTrash, now, signal })
      return undefined
    } catch (error) {
      if (isLadingError(error, 'precondition-failed')) return tag
      throw error
    }
  })
  return await Array.fromAsync(deletions)
}
