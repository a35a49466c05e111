import { blobKey, parseReferrerKey, referrersPrefix } from '../../layout/index.ts'
import type { Digest } from '../../model/digest.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { mapInOrder } from '../../streams/index.ts'

interface DanglingOptions {
  /** Whether something needs the manifest. */
  readonly isNeeded: (referrer: Digest) => boolean
  /** A record that is younger may be that of a push under way. */
  readonly before: Date
  readonly signal?: AbortSignal | undefined
}

const lookedForAtOnce = 16

/**
 * Removes what is recorded of referrers whose manifest is gone: nobody could read them, and an image of the same digest that is pushed again
 * would seem to lack them. Who attaches something writes the manifest first and the record always, so a record that is old has no
 * manifest on its way.
 */
export async function removeDanglingReferrers(
  store: ObjectStore,
  { isNeeded, before, signal }: DanglingOptions,
): Promise<void> {
  const candidates = async function* () {
    for await (const entry of store.list(referrersPrefix, { signal })) {
      const record = entry.kind === 'object' ? parseReferrerKey(entry.info.key) : undefined
      if (entry.kind !== 'object' || record === undefined || entry.info.modified >= before) continue
      if (!isNeeded(record.referrer)) yield { key: entry.info.key, referrer: record.referrer }
    }
  }
  const removed = mapInOrder(candidates(), lookedForAtOnce, async ({ key, referrer }) => {
    if ((await store.head(blobKey(referrer), { signal })) === undefined) await store.delete(key, { signal })
    return undefined
  })
  for await (const _ of removed) {
    // what is wanted is that it is done
  }
}
