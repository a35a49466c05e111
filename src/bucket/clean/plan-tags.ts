import { attachedTo, type BucketConfig, type ImageSettings, readHistory, readTag, tagKeys } from '../../layout/index.ts'
import type { Digest } from '../../model/digest.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { mapInOrder } from '../../streams/index.ts'
import { listTags, type TagEntry } from '../list-tags.ts'
import { type AgedTag, type ExpiredTag, expiredTags, hasLifecycle } from './expired-tags.ts'
import { tagsByImage } from './tags-by-image.ts'

/** A tag that goes. */
export interface DoomedTag {
  readonly image: string
  readonly tag: string
  /** What it held when that was decided. It goes only if it still does. */
  readonly digest: Digest
  readonly pushedAt: Date
  readonly reason: string
}

export interface TagPlan {
  readonly doomed: readonly DoomedTag[]
  /** Tags that the rules were applied to. */
  readonly checked: number
  /** Images that have rules, and whose tags may not go since they are immutable. */
  readonly immutable: number
}

/** So many tags are read at once. */
const concurrency = 32

/** Which tags of the images that `path` names the lifecycle rules let go. */
export async function planTags(
  store: ObjectStore,
  path: string,
  config: BucketConfig,
  now: Date,
  signal?: AbortSignal,
): Promise<TagPlan> {
  const doomed: DoomedTag[] = []
  let checked = 0
  let immutable = 0
  for await (const { image, tags } of tagsByImage(listTags(store, path, signal))) {
    const settings = await config.settingsOf(image)
    const counted = tags.filter(({ tag }) => attachedTo(tag) === undefined)
    if (settings.immutable && hasLifecycle({ ...settings, immutable: false })) immutable += 1
    if (!hasLifecycle(settings)) continue
    checked += counted.length
    for await (const tag of expiredOf(store, counted, settings, now, signal)) doomed.push(tag)
  }
  return { doomed, checked, immutable }
}

async function* expiredOf(
  store: ObjectStore,
  tags: readonly TagEntry[],
  settings: ImageSettings,
  now: Date,
  signal: AbortSignal | undefined,
): AsyncGenerator<DoomedTag, void, undefined> {
  const [first] = tags
  if (first === undefined) return
  const { image } = first
  const aged = await Array.fromAsync(mapInOrder(tags, concurrency, entry => withAge(store, entry, signal)))
  const expired = expiredTags(aged, settings, now)
  yield* mapInOrder(expired, concurrency, tag => withDigest(store, image, tag, signal))
}

/** By its newest history entry, else by the object. */
async function withAge(
  store: ObjectStore,
  { image, tag, info }: TagEntry,
  signal: AbortSignal | undefined,
): Promise<AgedTag> {
  const [newest] = await readHistory(store, tagKeys(image, tag).history, signal)
  const { modified } = info
  return { tag, pushedAt: newest === undefined ? modified : new Date(newest.pushed_at), writtenAt: modified }
}

/** `undefined` where it went meanwhile. */
async function withDigest(
  store: ObjectStore,
  image: string,
  expired: ExpiredTag,
  signal: AbortSignal | undefined,
): Promise<DoomedTag | undefined> {
  const record = await readTag(store, image, expired.tag, signal)
  const { tag, pushedAt, reason } = expired
  return record === undefined ? undefined : { image, tag, digest: record.digest, pushedAt, reason }
}
