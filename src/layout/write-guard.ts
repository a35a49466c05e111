import { abandonable } from '../auth/abandonable.ts'
import { LadingError } from '../errors/index.ts'
import type { Digest } from '../model/digest.ts'
import type { ObjectStore } from '../stores/index.ts'
import { type CondemnedRange, listCondemned, mayHold, readCondemned, rewriteCondemned } from './condemned-blobs.ts'
import { blobKey } from './keys.ts'
import { type Lease, openLease } from './lease.ts'
import { type LeaseClock, systemClock } from './lease-clock.ts'
import { afterLostRace } from './lost-race.ts'

/** How often it is looked whether a deletion that is under way has ended. */
const deletingPollMs = 500
/**
 * Since a record was last written. A clean that says in it that it deletes its blobs has stopped to by then, so an older one is that of a
 * clean that was killed.
 */
export const deletingEndsMs = 3 * 60_000

/** Blobs that are looked for again at once. */
const againAtOnce = 16

/**
 * Keeps what a push counts on from being deleted: `docs/adr/0007-cleaning-while-pushing.md`.
 *
 * A lease is written first. Then, once, the records of condemned blobs are listed: what is condemned later is not deleted while the
 * lease lives. Of what was condemned before, each blob that the push needs is lifted out of its record before it is looked for.
 */
export interface WriteGuard extends AsyncDisposable {
  /** Begins, and does not wait for it. MUST be called before `protect` counts. */
  begin(): void
  /**
   * From when this returns, the blob stays if it is there, or is put there. Before `begin`: nothing is written, nothing is kept.
   *
   * @returns whether it may have been condemned: only a look that follows tells whether it is there. Of any other blob, each look since
   * the first call returned does
   */
  protect(digest: Digest, signal?: AbortSignal): Promise<boolean>
  /** It was looked for and is not there: this call of `protect` counts on nothing. */
  notThere(digest: Digest): void
  /** Just before the name is written. @throws LadingError `blob-not-found` where the push slept for so long that blobs were deleted */
  confirm(signal?: AbortSignal): Promise<void>
}

interface Guarded {
  readonly lease: Lease
  readonly ranges: readonly CondemnedRange[]
}

export function writeGuard(store: ObjectStore, clock: LeaseClock = systemClock): WriteGuard {
  /** How many count on it. */
  const relied = new Map<Digest, number>()
  let guarded: Promise<Guarded> | undefined
  const ended = new AbortController()
  // Whoever asks first may give up, and others go on: only the end of the guard ends it.
  const open = (): Promise<Guarded> => {
    const opened = guardStore(store, clock, ended.signal)
    opened.catch(() => {})
    return opened
  }
  return {
    begin() {
      guarded ??= open()
    },
    async protect(digest, signal) {
      if (guarded === undefined) return false
      relied.set(digest, (relied.get(digest) ?? 0) + 1)
      return await liftBlob(store, digest, await abandonable(guarded, signal), clock, signal)
    },
    notThere(digest) {
      const others = (relied.get(digest) ?? 0) - 1
      if (others > 0) relied.set(digest, others)
      else relied.delete(digest)
    },
    async confirm(signal) {
      const before = guarded === undefined ? undefined : await abandonable(guarded, signal)
      if (!before?.lease.isDoubtful()) return
      guarded = open()
      const renewed = await abandonable(guarded, signal)
      await before.lease[Symbol.asyncDispose]()
      await lookAgain(store, relied, renewed, clock, signal)
    },
    async [Symbol.asyncDispose]() {
      ended.abort()
      // why there is none was said to whoever asked for it
      const opened = await guarded?.catch(() => undefined)
      await opened?.lease[Symbol.asyncDispose]()
    },
  }
}

async function guardStore(store: ObjectStore, clock: LeaseClock, signal: AbortSignal): Promise<Guarded> {
  const lease = await openLease(store, clock, signal)
  try {
    const ranges: CondemnedRange[] = []
    for await (const range of listCondemned(store, signal)) ranges.push(range)
    return { lease, ranges }
  } catch (error) {
    await lease[Symbol.asyncDispose]()
    throw error
  }
}

async function liftBlob(
  store: ObjectStore,
  digest: Digest,
  { lease, ranges }: Guarded,
  clock: LeaseClock,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const holding = ranges.filter(range => mayHold(range, digest))
  for (const range of holding) await liftOutOf(store, range, digest, lease, clock, signal)
  return holding.length > 0
}

async function liftOutOf(
  store: ObjectStore,
  range: CondemnedRange,
  digest: Digest,
  lease: Lease,
  clock: LeaseClock,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let attempt = 1; ; ) {
    const record = await readCondemned(store, range, signal)
    if (!record?.blobs.has(digest)) return
    const ended = lease.now().getTime() - record.touched.getTime() > deletingEndsMs
    if (record.state === 'deleting' && !ended) {
      await clock.wait(deletingPollMs, signal)
      continue
    }
    const blobs = new Map(record.blobs)
    blobs.delete(digest)
    if ((await rewriteCondemned(store, record, { state: 'condemned', blobs }, signal)) !== undefined) return
    await afterLostRace(attempt, new LadingError('precondition-failed', 'the record changes all the time'), signal)
    attempt += 1
  }
}

/** After a sleep: what was there may have been condemned since, and deleted. */
async function lookAgain(
  store: ObjectStore,
  relied: ReadonlyMap<Digest, unknown>,
  guarded: Guarded,
  clock: LeaseClock,
  signal: AbortSignal | undefined,
): Promise<void> {
  const rest = relied.keys()
  const look = async () => {
    for (const digest of rest) {
      await liftBlob(store, digest, guarded, clock, signal)
      if ((await store.head(blobKey(digest), { signal })) !== undefined) continue
      throw new LadingError('blob-not-found', `${digest} was removed from the bucket while this copy stood still`, {
        operation: 'commit',
        hint: 'copy again: only what is missing is moved',
      })
    }
  }
  await Promise.all(Array.from({ length: againAtOnce }, look))
}
