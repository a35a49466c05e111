import { type HistoryEntry, readHistory, readTag, type TagRecord, tagHolds, tagKeys } from '../layout/index.ts'
import type { Digest } from '../model/digest.ts'
import type { ObjectStore } from '../stores/index.ts'
import { tagNotFound } from '../transports/bucket/tag-not-found.ts'
import { type BucketTag, openImageOf, requireTag } from './open-image-of.ts'
import type { BucketOptions } from './open-store-of.ts'

export interface TagHistory {
  readonly reference: string
  /** What the tag holds now. */
  readonly digest: Digest
  /** The newest first. */
  readonly pushes: readonly TagPush[]
}

/** One push of a tag. */
export interface TagPush {
  readonly pushedAt: Date
  readonly digest: Digest
  /** Every blob and manifest of the image. Absent where nobody counted. */
  readonly sizeBytes?: number
  /** What the tag holds now came with this one. */
  readonly current: boolean
}

/**
 * What was pushed to a tag of a bucket, and when. Of an image that was put there without an entry it is when its object was written.
 *
 * @example
 * await copyImage('oci:examples/hello:v1', 'local://./images/hello:v1')
 * const { pushes } = await tagHistory('local://./images/hello:v1')
 *
 * @throws LadingError `bad-reference`, `bucket-not-found`, `image-not-found`, which says where the tag was deleted and is in the trash
 */
export async function tagHistory(reference: string, options: BucketOptions = {}): Promise<TagHistory> {
  await using opened = await openImageOf(reference, options)
  const at = requireTag(opened.at, 'history')
  const { record, entries } = await readTagHistory(opened.store, at, 'history', options.signal)
  const current = entries.findIndex(entry => tagHolds(record, entry.digest))
  const pushes = entries.map(({ pushed_at, digest, size_bytes }, at) => ({
    pushedAt: new Date(pushed_at),
    digest,
    // s3lo notes none for an index
    ...(size_bytes === 0 ? {} : { sizeBytes: size_bytes }),
    current: at === current,
  }))
  const unentered = { pushedAt: record.info.modified, digest: record.digest, current: true }
  return { reference: at.name, digest: record.digest, pushes: current === -1 ? [unentered, ...pushes] : pushes }
}

/** @throws LadingError `image-not-found` */
export async function readTagHistory(
  store: ObjectStore,
  at: BucketTag,
  operation: string,
  signal?: AbortSignal,
): Promise<{ record: TagRecord; entries: readonly HistoryEntry[] }> {
  const { image, tag } = at
  const [record, entries] = await Promise.all([
    readTag(store, image, tag, signal),
    readHistory(store, tagKeys(image, tag).history, signal),
  ])
  if (record === undefined) throw await tagNotFound(store, at, operation, signal)
  return { record, entries }
}
