import { isLadingError, LadingError } from '../../errors/index.ts'
import {
  attachedTo,
  type BucketConfig,
  parseReferrerKey,
  readHistory,
  readRoot,
  referrersPrefix,
  tagKeys,
} from '../../layout/index.ts'
import { isManifestNode, type Node } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'
import { childrenOf } from '../../model/manifest.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { mapInOrder } from '../../streams/index.ts'
import { bucketManifests, type ManifestRead, parseRoot } from '../bucket-manifests.ts'
import type { DigestTable } from '../digest-table.ts'
import { listTags, type TagEntry } from '../list-tags.ts'
import { listRoots, type RootEntry } from './list-roots.ts'

/** A tag needs the blob. */
export const live = 1
/** The last history entries of a tag need the blob. */
export const past = 2

type Mark = typeof live | typeof past

interface FailedRead {
  readonly root: Digest
  readonly error: LadingError
}

/** So many tags are read at once, and of each so many platform manifests. */
const tagsAtOnce = 16
const manifestsAtOnce = 4

export interface MarkOptions {
  readonly config: BucketConfig
  /** Tags that are treated as gone. */
  readonly isDoomed: (tag: Pick<TagEntry, 'image' | 'tag'>) => boolean
  readonly signal?: AbortSignal | undefined
}

export interface Marker {
  /** Marks what the tags need that are chosen, and their last history entries; then what is attached to it. */
  mark(isChosen?: (entry: TagEntry) => boolean): Promise<void>
  /** Whether any tag is attached to a manifest by its name. */
  hasAttached(): Promise<boolean>
  /** Marks what tags need that stay although what they are attached to is gone. @returns whether any was not marked yet */
  keep(tags: readonly TagEntry[]): Promise<boolean>
  /** Whether a tag is attached, by its name, to a manifest that is not marked. */
  isOrphan(tag: string): boolean
  /** The tags that are attached, by their name, to a manifest that is not marked. */
  orphans(): AsyncIterable<TagEntry>
}

/**
 * Marks in a table what is needed.
 *
 * @throws LadingError `bad-layout` where nobody can tell what a tag needs, since one of its manifests is absent or damaged
 */
export function createMarker(store: ObjectStore, table: DigestTable, options: MarkOptions): Marker {
  const { config, isDoomed, signal } = options
  const manifests = bucketManifests(store)

  const eachTag = async (isChosen: (entry: TagEntry) => boolean, task: (entry: TagEntry) => Promise<void>) => {
    const chosen = filtered(listTags(store, '', signal), entry => !isDoomed(entry) && isChosen(entry))
    await drain(mapInOrder(chosen, tagsAtOnce, task))
  }

  const markTag = ({ image, tag, info: { key } }: RootEntry, mark: Mark) =>
    markRoot(key, tag === undefined ? key : `${image}:${tag}`, mark)

  const markRoot = async (key: string, name: string, mark: Mark, failed?: FailedRead): Promise<boolean> => {
    const record = await readRoot(store, key, signal)
    // What is missing below a root that a tag has left in the meantime is no flaw.
    if (record === undefined) return false
    if (record.digest === failed?.root) throw failed.error
    const isNew = (table.add(record.digest, mark) & mark) === 0
    if (!isNew) return false
    try {
      await markBelow(parseRoot(record.bytes), mark, name, record.digest)
    } catch (error) {
      if (!isLadingError(error, 'bad-layout')) throw error
      await markRoot(key, name, mark, { root: record.digest, error })
    }
    return true
  }

  /** The root of an earlier push. Its copy under `blobs/` may be gone, and then nothing can be brought back with what it named. */
  const markDigest = async (digest: Digest, mark: Mark): Promise<boolean> => {
    if ((table.add(digest, mark) & mark) !== 0) return false
    const read = await manifests.read({ kind: 'manifest', mediaType: '', digest, size: 0 }, signal)
    if (read.manifest !== undefined) await markBelow(read, mark, digest, digest)
    return true
  }

  const markHistory = async ({ image, tag }: TagEntry): Promise<void> => {
    const { keepHistory } = await config.settingsOf(image)
    if (keepHistory === 0) return
    const entries = await readHistory(store, tagKeys(image, tag).history, signal)
    for (const { digest } of entries.slice(0, keepHistory)) await markDigest(digest, past)
  }

  const markBelow = async (read: ManifestRead, mark: Mark, name: string, digest: Digest): Promise<void> => {
    if (read.manifest === undefined) {
      if (mark === past) return
      throw unknownNeeds(name, digest, read.why)
    }
    const nested: Node[] = []
    for (const child of childrenOf(read.manifest)) {
      const before = table.add(child.digest, mark)
      if (isManifestNode(child) && (before & mark) === 0) nested.push(child)
    }
    const below = mapInOrder(nested, manifestsAtOnce, async child =>
      markBelow(await manifests.read(child, signal), mark, name, child.digest),
    )
    await drain(below)
  }

  const markOfSubject = (subject: Digest | undefined): Mark | undefined => {
    const marks = subject === undefined ? 0 : table.flags(subject)
    return marks & live ? live : marks & past ? past : undefined
  }

  /** @returns whether there was anything new, to which something else may be attached */
  const markAttached = async (): Promise<boolean> => {
    let found = false
    await eachTag(isAttached, async entry => {
      const mark = markOfSubject(attachedTo(entry.tag))
      if (mark === undefined || !(await markTag(entry, mark))) return
      found = true
      await markHistory(entry)
    })
    for await (const entry of store.list(referrersPrefix, { signal })) {
      const known = entry.kind === 'object' ? parseReferrerKey(entry.info.key) : undefined
      const mark = markOfSubject(known?.subject)
      if (known !== undefined && mark !== undefined && (await markDigest(known.referrer, mark))) found = true
    }
    return found
  }

  const isOrphan = (tag: string): boolean => {
    const subject = attachedTo(tag)
    return subject !== undefined && markOfSubject(subject) === undefined
  }

  return {
    isOrphan,
    async mark(isChosen = () => true) {
      const counts = (entry: TagEntry) => !isAttached(entry) && isChosen(entry)
      const roots = filtered(
        listRoots(store, signal),
        entry => entry.tag === undefined || (!isDoomed(entry) && counts(entry)),
      )
      await drain(mapInOrder(roots, tagsAtOnce, entry => markTag(entry, live)))
      // After all tags: what one needs is not kept by history alone.
      await eachTag(counts, markHistory)
      while (await markAttached()) {
        // A signature of a signature: until nothing more is found.
      }
    },
    async hasAttached() {
      for await (const entry of listTags(store, '', signal)) if (isAttached(entry)) return true
      return false
    },
    async keep(tags) {
      let found = false
      for (const entry of tags) {
        if (!(await markTag(entry, live))) continue
        found = true
        await markHistory(entry)
      }
      while (found && (await markAttached())) {
        // as above
      }
      return found
    },
    orphans: () => filtered(listTags(store, '', signal), entry => isOrphan(entry.tag) && !isDoomed(entry)),
  }
}

function isAttached({ tag }: TagEntry): boolean {
  return attachedTo(tag) !== undefined
}

function unknownNeeds(name: string, digest: Digest, why: string): LadingError {
  return new LadingError('bad-layout', `nobody can tell which blobs ${name} needs: its manifest ${digest}: ${why}`, {
    operation: 'look for what is needed',
    subject: name,
    hint: 'mend it with `lading repair`, or delete the tag; no blob is removed before',
  })
}

async function* filtered<T>(
  values: AsyncIterable<T>,
  isWanted: (value: T) => boolean,
): AsyncGenerator<T, void, undefined> {
  for await (const value of values) if (isWanted(value)) yield value
}

async function drain(values: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of values) {
    // what is wanted is that it is done
  }
}
