import type { CopyListener } from '../../copy/events.ts'
import { retryBreaks } from '../../copy/retry.ts'
import { verifiedBytes } from '../../copy/verified-bytes.ts'
import { type ErrorCode, isLadingError } from '../../errors/index.ts'
import { blobKey } from '../../layout/index.ts'
import type { Digest } from '../../model/digest.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { mapInOrder } from '../../streams/index.ts'
import { listBlobs } from '../list-blobs.ts'
import type { BlobCount } from './blob-table.ts'
import type { DamagedBlob } from './doctor-report.ts'

export interface VerifyBlobsOptions {
  /** Blobs that are read at once. */
  readonly jobs: number
  readonly listen: CopyListener
  readonly signal: AbortSignal
  /** Which ones. Default: all. */
  readonly wanted?: (digest: Digest) => boolean
}

/** These say nothing of the blob. */
const unread: readonly ErrorCode[] = [
  'denied',
  'unauthorized',
  'network',
  'timeout',
  'rate-limited',
  'interrupted',
  'internal',
]

/** Reads every blob and yields those whose bytes are wrong. What was read is added to `read`. */
export async function* verifyBlobs(
  store: ObjectStore,
  read: { -readonly [K in keyof BlobCount]: BlobCount[K] },
  { jobs, listen, signal, wanted = () => true }: VerifyBlobsOptions,
): AsyncGenerator<DamagedBlob, void, undefined> {
  yield* mapInOrder(listBlobs(store, signal), jobs, async ({ digest, info: { size } }) => {
    if (!wanted(digest)) return undefined
    listen({ type: 'started', digest, kind: 'blob', size })
    const why = await whyDamaged(store, { digest, size }, listen, signal)
    listen({ type: 'verified', digest, kind: 'blob', size })
    read.blobs += 1
    read.bytes += size
    return why === undefined ? undefined : { digest, size, why }
  })
}

/** What is wrong with a blob's bytes, if anything. One that is gone meanwhile is not damaged. */
export async function whyDamaged(
  store: ObjectStore,
  blob: { readonly digest: Digest; readonly size: number },
  listen: CopyListener,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { digest } = blob
  const key = blobKey(digest)
  const bytes = verifiedBytes(blob, {
    blame: { operation: 'read blob' },
    async *open(from, inner = signal) {
      yield* (await store.get(key, { ...(from === 0 ? {} : { range: { start: from } }), signal: inner })).body
    },
    retry: retryBreaks(digest, listen, signal),
    passed: count => listen({ type: 'progress', digest, bytes: count }),
  })
  try {
    for await (const _ of bytes.open(0, signal)) {
      // reading it is all
    }
    return undefined
  } catch (error) {
    signal.throwIfAborted()
    if (!isLadingError(error) || unread.includes(error.code)) throw error
    return error.code === 'blob-not-found' ? undefined : error.message
  }
}
