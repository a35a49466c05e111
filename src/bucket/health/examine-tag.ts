import { examineHistory, type HistoryEntry, readTag, tagHolds, tagKeys } from '../../layout/index.ts'
import type { Digest } from '../../model/digest.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { type BucketManifests, parseRoot } from '../bucket-manifests.ts'
import type { ImageVerdict } from './image-flaw.ts'
import { type BlobShelf, judgeImage } from './judge-image.ts'

/** What a tag is made of, and whether it is all there. */
export interface TagExamination {
  readonly image: string
  readonly tag: string
  readonly digest: Digest
  readonly verdict: ImageVerdict
  readonly history: readonly HistoryEntry[]
  readonly historyWhole: boolean
  /** The history knows nothing of the root that the tag holds. */
  readonly unrecorded: boolean
}

/** A tag that moved while it was looked at is looked at again, so often. */
const maxAttempts = 3

/** @returns `undefined` where the tag is gone since it was listed */
export async function examineTag(
  store: ObjectStore,
  { image, tag }: { readonly image: string; readonly tag: string },
  manifests: BucketManifests,
  shelf: BlobShelf,
  signal?: AbortSignal,
): Promise<TagExamination | undefined> {
  for (let attempt = 1; ; attempt++) {
    const [record, history] = await Promise.all([
      readTag(store, image, tag, signal),
      examineHistory(store, tagKeys(image, tag).history, signal),
    ])
    if (record === undefined) return undefined
    const verdict = await judgeRoot(record, manifests, shelf, signal)
    const entries = history?.entries ?? []
    const entry = entries.find(pushed => tagHolds(record, pushed.digest))
    const examination: TagExamination = {
      image,
      tag,
      digest: entry?.digest ?? record.digest,
      verdict,
      history: entries,
      historyWhole: history?.whole !== false,
      unrecorded: entry === undefined && entries.length > 0,
    }
    if (verdict.flaws.length === 0 || attempt === maxAttempts) return examination
    const now = await readTag(store, image, tag, signal)
    if (now !== undefined && tagHolds(now, record.digest)) return examination
  }
}

async function judgeRoot(
  { digest, bytes }: { readonly digest: Digest; readonly bytes: Uint8Array },
  manifests: BucketManifests,
  shelf: BlobShelf,
  signal: AbortSignal | undefined,
): Promise<ImageVerdict> {
  const size = bytes.byteLength
  const read = parseRoot(bytes)
  if (read.manifest === undefined) {
    const flaw = { digest, kind: 'manifest', size, flaw: 'damaged', why: read.why } as const
    return { flaws: [flaw], chunked: 0, foreign: 0 }
  }
  const verdict = await judgeImage(read.manifest, manifests, shelf, signal)
  // The tag has its own bytes. Who pulls it by its digest may get those of the copy.
  const copy = shelf.lookAtCopy({ digest, size })
  const ofRoot = { digest, kind: read.manifest.kind, size }
  if (copy.state === 'wrong-size') {
    const flaw = { ...ofRoot, flaw: 'wrong-size', actualSize: copy.actualSize } as const
    return { ...verdict, flaws: [flaw, ...verdict.flaws] }
  }
  if (copy.state !== 'damaged') return verdict
  return { ...verdict, flaws: [{ ...ofRoot, flaw: 'damaged', why: copy.why }, ...verdict.flaws] }
}
