import type { CopyListener } from '../../copy/events.ts'
import { blobKey, type WriteGuard } from '../../layout/index.ts'
import type { Node } from '../../model/descriptor.ts'
import { type Digest, digestParts } from '../../model/digest.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { createDigestTable } from '../digest-table.ts'
import type { BlobState } from '../health/image-flaw.ts'
import { whyDamaged } from '../health/verify-blobs.ts'

/** The blobs of a bucket that is being repaired, each asked for when it matters. */
export interface HeldBlobs {
  /** From when this returns, the content stays if it is there, or is put there. */
  keep(digest: Digest): Promise<void>
  /** It is not there, and will not be: nothing counts on what was kept of it. */
  notThere(digest: Digest): void
  /** How a blob is held, which is kept then. */
  look(node: Node): Promise<BlobState>
  setMended(digest: Digest): void
}

export interface HeldBlobsOptions {
  readonly guard: WriteGuard
  /** Why a blob that is there is known to be damaged. Absent: each is believed by its size. */
  readonly damage?: (node: Node) => Promise<string | undefined>
  readonly signal: AbortSignal
}

export function heldBlobs(store: ObjectStore, { guard, damage, signal }: HeldBlobsOptions): HeldBlobs {
  const mended = createDigestTable()
  return {
    async keep(digest) {
      await guard.protect(digest, signal)
    },
    notThere: digest => guard.notThere(digest),
    async look(node) {
      const { digest, size, kind } = node
      await guard.protect(digest, signal)
      const info = await store.head(blobKey(digest), { signal })
      if (info === undefined)
        return { state: kind === 'layer' && (await isChunked(store, digest, signal)) ? 'chunked' : 'missing' }
      if (info.size !== size) return { state: 'wrong-size', actualSize: info.size }
      const why = (mended.flags(digest) & 1) === 1 ? undefined : await damage?.(node)
      return why === undefined ? { state: 'whole' } : { state: 'damaged', why }
    },
    setMended: digest => void mended.add(digest, 1),
  }
}

/** Reads each blob to know. */
export function damageByReading(
  store: ObjectStore,
  listen: CopyListener,
  signal: AbortSignal,
): NonNullable<HeldBlobsOptions['damage']> {
  const sound = createDigestTable()
  return async node => {
    if ((sound.flags(node.digest) & 1) === 1) return undefined
    const { digest, kind, size } = node
    listen({ type: 'started', digest, kind, size })
    const why = await whyDamaged(store, node, listen, signal)
    listen({ type: 'verified', digest, kind, size })
    if (why === undefined) sound.add(digest, 1)
    return why
  }
}

async function isChunked(store: ObjectStore, digest: Digest, signal: AbortSignal): Promise<boolean> {
  const { algorithm, hex } = digestParts(digest)
  return (await store.head(`recipes/${algorithm}/${hex}`, { signal })) !== undefined
}
