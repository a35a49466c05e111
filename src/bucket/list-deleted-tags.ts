import { listTrashedTags, readRoot, type TrashedTag, trashFolder } from '../layout/index.ts'
import type { Digest } from '../model/digest.ts'
import type { ObjectStore } from '../stores/index.ts'
import { mapInOrder } from '../streams/index.ts'
import { compileImagePattern } from './image-pattern.ts'
import { type BucketOptions, openStoreOf } from './open-store-of.ts'

/** A deleted tag that can be restored. */
export interface DeletedTag {
  readonly image: string
  readonly tag: string
  /** What it held. */
  readonly digest: Digest
  /** By the clock of the store. */
  readonly deletedAt: Date
}

/** So many are read at once. */
const concurrency = 16

/**
 * The deleted tags in the trash of a bucket, in the order of their keys, of one tag the oldest first. What follows the bucket's root
 * is an image name, a prefix or a glob, as for `listImages`.
 *
 * @example
 * for await (const { image, tag, deletedAt } of listDeletedTags('local://./images/')) console.log(image, tag, deletedAt)
 *
 * @throws LadingError `bad-reference`, `bucket-not-found`
 */
export async function* listDeletedTags(
  locator: string,
  options: BucketOptions = {},
): AsyncGenerator<DeletedTag, void, undefined> {
  await using bucket = await openStoreOf(locator, options)
  const { store, path } = bucket
  const { signal } = options
  yield* mapInOrder(trashed(store, path, signal), concurrency, tag => deletedTag(store, tag, signal))
}

async function* trashed(
  store: ObjectStore,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<TrashedTag, void, undefined> {
  const { start, matches } = await compileImagePattern(path)
  for await (const tag of listTrashedTags(store, start, signal)) if (tag.complete && matches(tag.image)) yield tag
}

/** `undefined` where it was restored, or removed from the trash, since it was listed. */
async function deletedTag(
  store: ObjectStore,
  trashed: TrashedTag,
  signal: AbortSignal | undefined,
): Promise<DeletedTag | undefined> {
  const { image, tag, deletedAt } = trashed
  const root = await readRoot(store, `${trashFolder(trashed)}manifest.json`, signal)
  return root === undefined ? undefined : { image, tag, digest: root.digest, deletedAt }
}
