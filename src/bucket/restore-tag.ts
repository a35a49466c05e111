import { interruptible } from '../copy/interruptible.ts'
import { isLadingError, LadingError } from '../errors/index.ts'
import {
  copyObject,
  mergeHistory,
  readHistory,
  readRoot,
  removeTrashedTag,
  type TagRecord,
  type TrashedTag,
  tagHolds,
  tagKeys,
  trashFolder,
  trashOf,
} from '../layout/index.ts'
import type { Digest } from '../model/digest.ts'
import type { ObjectStore } from '../stores/index.ts'
import { type BucketTag, openImageOf, requireTag } from './open-image-of.ts'
import type { BucketOptions } from './open-store-of.ts'
import type { PointedTag, PointOptions, pointTag as PointTag } from './point-tag.ts'

export interface RestoreOptions extends BucketOptions, Pick<PointOptions, 'onEvent'> {
  /** Take the newest deletion that was made at this time or before. */
  readonly at?: Date | undefined
  /** Take the newest deletion of this digest. */
  readonly digest?: Digest | undefined
  /** Restore over a tag that exists. What it holds now stays in its history. */
  readonly force?: boolean | undefined
}

export interface RestoreResult extends PointedTag {
  readonly reference: string
  /** When the tag was deleted, by the clock of the store. */
  readonly deletedAt: Date
}

/**
 * Brings a deleted tag back from the trash, with its history and its signatures. The image is looked for first, whole: where something of
 * it is gone, nothing changes.
 *
 * @example
 * await copyImage('oci:examples/hello:v1', 'local://./images/hello:old')
 * await deleteImage('local://./images/hello:old')
 * await restoreTag('local://./images/hello:old')
 *
 * @throws LadingError `image-not-found` where the trash has no such tag; `blob-not-found` where a part of the image is gone; `tag-exists`
 */
export async function restoreTag(reference: string, options: RestoreOptions = {}): Promise<RestoreResult> {
  const { signal, onEvent } = options
  return await interruptible(signal, async () => {
    await using opened = await openImageOf(reference, options, message => onEvent?.({ type: 'warning', message }))
    return await restoreWithin(opened.store, requireTag(opened.at, 'restore'), options)
  })
}

/** The same in a bucket that is open. */
export async function restoreWithin(
  store: ObjectStore,
  tag: BucketTag,
  { at: time, digest, force = false, onEvent, signal }: RestoreOptions,
): Promise<RestoreResult> {
  const { trashed, root } = await findTrashed(store, tag, { time, digest }, signal)
  const from = { name: tag.name, image: tag.image, digest: digest ?? root.digest, rootBytes: root.bytes }
  const pointed = await pointOrExplain(store, from, tag, {
    force,
    expect: force ? undefined : 'absent',
    onEvent,
    signal,
    beforeCommit: () => restoreSignatures(store, tag, trashed, signal),
  })
  const older = await readHistory(store, `${trashFolder(trashed)}history.json`, signal)
  if (older.length > 0) await mergeHistory(store, tagKeys(tag.image, tag.tag).history, older, signal)
  await removeTrashedTag(store, trashed, signal)
  return { reference: tag.name, deletedAt: trashed.deletedAt, ...pointed }
}

async function pointOrExplain(...words: Parameters<typeof PointTag>): Promise<PointedTag> {
  // Loaded here: most commands on a bucket copy nothing.
  const { pointTag } = await import('./point-tag.ts')
  try {
    return await pointTag(...words)
  } catch (error) {
    if (!isLadingError(error, 'tag-exists')) throw error
    const { code, message, subject } = error
    const hint = 'restore over it with --force: what it holds now stays in its history'
    throw new LadingError(code, message, { operation: 'restore', subject, hint, cause: error })
  }
}

/** Those that are there already are newer. */
async function restoreSignatures(
  store: ObjectStore,
  { image, tag }: BucketTag,
  { objects }: TrashedTag,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { signatures } = tagKeys(image, tag)
  for (const [file, info] of objects) {
    if (!file.startsWith('signatures/')) continue
    const key = `${signatures}${file.slice('signatures/'.length)}`
    if ((await store.head(key, { signal })) === undefined) await copyObject(store, info, key, signal)
  }
}

/** @throws LadingError `image-not-found` */
async function findTrashed(
  store: ObjectStore,
  { name, image, tag }: BucketTag,
  { time, digest }: { readonly time?: Date | undefined; readonly digest?: Digest | undefined },
  signal: AbortSignal | undefined,
): Promise<{ trashed: TrashedTag; root: TagRecord }> {
  let found: TrashedTag | undefined
  let count = 0
  for await (const trashed of trashOf(store, image, tag, signal)) {
    count++
    if (time !== undefined && trashed.deletedAt > time) continue
    if (digest === undefined || (await heldDigest(store, trashed, digest, signal))) found = trashed
  }
  const root = found && (await readTrashedRoot(store, found, signal))
  if (found !== undefined && root !== undefined) return { trashed: found, root }
  const what = digest === undefined ? '' : ` of ${digest}`
  const when = time === undefined ? '' : ` at ${time.toISOString()} or before`
  throw new LadingError('image-not-found', `the trash has no deletion${what} of ${image}:${tag}${when}`, {
    operation: 'restore',
    subject: name,
    hint:
      count === 0
        ? 'see what it has with `lading restore --list BUCKET`'
        : `it has ${count} ${count === 1 ? 'other' : 'others'}: see \`lading restore --list BUCKET\``,
  })
}

async function heldDigest(
  store: ObjectStore,
  trashed: TrashedTag,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const root = await readTrashedRoot(store, trashed, signal)
  return root !== undefined && tagHolds(root, digest)
}

function readTrashedRoot(store: ObjectStore, trashed: TrashedTag, signal: AbortSignal | undefined) {
  return readRoot(store, `${trashFolder(trashed)}manifest.json`, signal)
}
