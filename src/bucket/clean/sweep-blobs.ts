import { condemnBlobs, maxCondemned } from '../../layout/index.ts'
import { type Digest, digestParts } from '../../model/digest.ts'
import type { ObjectStore } from '../../stores/index.ts'
import type { DigestTable } from '../digest-table.ts'
import { listBlobs } from '../list-blobs.ts'
import { createTally, type Tally } from '../tally.ts'
import { live, past } from './mark-blobs.ts'

/** A record of condemned blobs holds it. */
export const condemned = 4
/** A listing has it; of what had been condemned before, the table's number is when it was written, in milliseconds. */
export const stored = 8

export interface Sweep {
  /** Everything that there is. */
  readonly all: Tally
  /** Kept by the history of tags alone. */
  readonly historyOnly: Tally
  /** Needed by nothing, and condemned by this sweep. */
  readonly condemned: Tally
  /** Needed by nothing, and so new that a push may be bringing it. */
  readonly recent: Tally
}

export interface SweepOptions {
  /** What was written later is not condemned. */
  readonly before: Date
  /** Write the records. */
  readonly apply: boolean
  readonly signal?: AbortSignal | undefined
}

/** Lists every blob, and condemns what is not marked. */
export async function sweepBlobs(
  store: ObjectStore,
  table: DigestTable,
  { before, apply, signal }: SweepOptions,
): Promise<Sweep> {
  const sweep = { all: createTally(), historyOnly: createTally(), condemned: createTally(), recent: createTally() }
  let batch = new Map<Digest, number>()
  let algorithm: string | undefined
  const flush = async () => {
    if (apply) await condemnBlobs(store, batch, signal)
    batch = new Map()
  }
  for await (const { digest, info } of listBlobs(store, signal)) {
    const { size, modified } = info
    sweep.all.add(size)
    const flags = table.flags(digest)
    if (flags & condemned) table.add(digest, stored, modified.getTime())
    if (flags & live) continue
    if (flags & past) sweep.historyOnly.add(size)
    else if (flags & condemned) continue
    else if (modified > before) sweep.recent.add(size)
    else {
      sweep.condemned.add(size)
      // Nothing need be known of when it was written: it is older than what condemns it.
      table.add(digest, condemned | stored)
      if (batch.size === maxCondemned || algorithm !== digestParts(digest).algorithm) await flush()
      algorithm = digestParts(digest).algorithm
      batch.set(digest, size)
    }
  }
  await flush()
  return sweep
}
