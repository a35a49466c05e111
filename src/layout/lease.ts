import { randomUUID } from 'node:crypto'
import * as v from 'valibot'
import { isLadingError } from '../errors/index.ts'
import { limits } from '../model/limits.ts'
import { readJson } from '../model/read-json.ts'
import type { ObjectStore } from '../stores/index.ts'
import { leaseKey, leasesPrefix } from './keys.ts'
import type { LeaseClock } from './lease-clock.ts'
import { readDocument } from './read-document.ts'

const renewMs = 5 * 60_000
/** Since the last renewal. Whoever holds the lease does not count on it from then on, long before anybody else stops to. */
const doubtfulMs = 20 * 60_000
/** Since the last renewal, by the store's clock. An older lease is one of a run that was killed. */
export const leaseExpiresMs = 40 * 60_000

/** Ending a lease has its own short time, and no say: one that stays expires. */
const endTimeoutMs = 10_000
const maxLeaseBytes = limits.leaseBytes

/**
 * Says that a push is under way. What was stored before it began may be what it needs, and what is stored since is perhaps its own, so
 * as long as it lives nothing is deleted that was condemned before it began, and nothing is condemned that was stored since.
 */
export interface Lease extends AsyncDisposable {
  /** When it was written, by the store's clock. */
  readonly since: Date
  /** By the store's clock, as far as time that has passed here tells it. */
  now(): Date
  /** It was not renewed for so long, now or before, that others may have stopped to count on it. */
  isDoubtful(): boolean
}

/** Others rewrite it with `since`: the object's own time is that of its last renewal. */
const schema = v.looseObject({ since: v.exactOptional(v.pipe(v.string(), v.isoTimestamp())) })

export async function openLease(store: ObjectStore, clock: LeaseClock, signal?: AbortSignal): Promise<Lease> {
  const key = leaseKey(randomUUID())
  const elapsed = clock.stopwatch()
  let renewed = elapsed
  let lapsed = false
  const remove = () => store.delete(key, { signal: AbortSignal.timeout(endTimeoutMs) })
  // once more, where that may pass: a lease that stays keeps others from deleting anything for as long as it lives
  const end = () =>
    remove()
      .catch(remove)
      .catch(() => {})
  const { modified: since } = await store.put(key, encode({}), { signal }).catch(async error => {
    // It may be there all the same.
    if (signal?.aborted || isLadingError(error, 'io', 'disk-full')) await end()
    throw error
  })
  const ended = new AbortController()
  const renew = async (): Promise<void> => {
    try {
      for (;;) {
        await clock.wait(renewMs, ended.signal)
        const started = clock.stopwatch()
        // What goes wrong is tried again; whether it was for too long is asked before the lease is counted on.
        const done = store.put(key, encode({ since: since.toISOString() }), { signal: ended.signal }).then(
          () => true,
          () => false,
        )
        if (!(await done)) continue
        // Who wakes up renews it. What was deleted while it slept is gone all the same.
        lapsed ||= renewed() > doubtfulMs
        renewed = started
      }
    } catch {
      // ended
    }
  }
  const renewing = renew()
  return {
    since,
    now: () => new Date(since.getTime() + elapsed()),
    isDoubtful: () => lapsed || renewed() > doubtfulMs,
    async [Symbol.asyncDispose]() {
      ended.abort()
      await renewing
      await end()
    },
  }
}

/** The leases in a store. */
export interface Leases {
  /** When the oldest one that lives began. Absent: nobody is pushing. */
  readonly oldest?: Date
  readonly living: number
  /** The keys of those that nobody renews any more. */
  readonly expired: readonly string[]
}

/** @param now by the store's clock */
export async function readLeases(store: ObjectStore, now: Date, signal?: AbortSignal): Promise<Leases> {
  const expired: string[] = []
  let living = 0
  let oldest: Date | undefined
  for await (const entry of store.list(leasesPrefix, { signal })) {
    if (entry.kind !== 'object') continue
    const { key, modified } = entry.info
    if (now.getTime() - modified.getTime() > leaseExpiresMs) {
      expired.push(key)
      continue
    }
    const since = await readSince(store, key, signal)
    if (since === undefined) continue
    living += 1
    if (oldest === undefined || since < oldest) oldest = since
  }
  return { ...(oldest === undefined ? {} : { oldest }), living, expired }
}

/** `undefined` where it ended meanwhile. One that cannot be understood may be as old as anything. */
async function readSince(store: ObjectStore, key: string, signal?: AbortSignal): Promise<Date | undefined> {
  const document = await readDocument(store, key, maxLeaseBytes, signal)
  if (document === undefined) return undefined
  try {
    const { since } = v.parse(schema, readJson(new TextDecoder().decode(document.bytes)))
    return since === undefined ? document.info.modified : new Date(since)
  } catch {
    return new Date(0)
  }
}

function encode(lease: v.InferOutput<typeof schema>): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(lease))
}
