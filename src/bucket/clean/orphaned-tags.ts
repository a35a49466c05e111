import { type BucketConfig, readTag } from '../../layout/index.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { compileImagePattern } from '../image-pattern.ts'
import type { TagEntry } from '../list-tags.ts'
import type { Marker } from './mark-blobs.ts'
import type { DoomedTag } from './plan-tags.ts'

export interface OrphanOptions {
  readonly path: string
  readonly config: BucketConfig
  /** What was written later stays: what it is attached to may be on its way. */
  readonly before: Date
  /** Else they stay, all of them. */
  readonly remove: boolean
  readonly signal?: AbortSignal | undefined
}

/** Tags that go since what they are attached to is gone. Those that stay for another reason are marked. */
export async function orphanedTags(
  store: ObjectStore,
  marker: Marker,
  { path, config, before, remove, signal }: OrphanOptions,
): Promise<DoomedTag[]> {
  const { matches } = await compileImagePattern(path)
  const goes = async ({ image, info }: TagEntry): Promise<boolean> =>
    remove && info.modified <= before && matches(image) && !(await config.settingsOf(image)).immutable
  for (;;) {
    const going: TagEntry[] = []
    const staying: TagEntry[] = []
    for await (const entry of marker.orphans()) (await goes(entry)) ? going.push(entry) : staying.push(entry)
    // What stays may have something attached to it in turn.
    if (await marker.keep(staying)) continue
    const doomed = await Promise.all(going.map(entry => withDigest(store, entry, signal)))
    return doomed.filter(tag => tag !== undefined)
  }
}

async function withDigest(
  store: ObjectStore,
  { image, tag, info }: TagEntry,
  signal: AbortSignal | undefined,
): Promise<DoomedTag | undefined> {
  const record = await readTag(store, image, tag, signal)
  if (record === undefined) return undefined
  return { image, tag, digest: record.digest, pushedAt: info.modified, reason: 'what it is attached to is gone' }
}
