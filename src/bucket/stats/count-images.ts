import {
  attachedTo,
  type BucketConfig,
  parseReferrerKey,
  readHistory,
  referrersPrefix,
  tagKeys,
} from '../../layout/index.ts'
import type { Digest } from '../../model/digest.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { mapInOrder } from '../../streams/index.ts'
import { tagsByImage } from '../clean/tags-by-image.ts'
import { listTags } from '../list-tags.ts'
import { type DigestLedger, followed, live, past, shared } from './digest-ledger.ts'
import type { ImageCounter } from './image-counts.ts'
import type { ContentReader } from './read-content.ts'

export interface CountOptions {
  readonly config: BucketConfig
  /** Whose layers are asked for. */
  readonly isAsked: (image: string) => boolean
  readonly signal?: AbortSignal | undefined
}

/** A tag as a listing of images has it. */
export interface NamedTag {
  readonly image: string
  readonly tag: string
}

/** So many tags are read at once. */
export const tagsAtOnce = 16

/** Counts what the tags need, then what their history keeps, then what refers to either. */
export async function countImages(
  store: ObjectStore,
  ledger: DigestLedger,
  counter: ImageCounter,
  reader: ContentReader,
  { config, isAsked, signal }: CountOptions,
): Promise<void> {
  const contents = mapInOrder(imageTags(store, signal), tagsAtOnce, async ({ image, tag }) => {
    const content = await reader.ofTag(image, tag)
    return content === undefined ? undefined : { image, tag, content }
  })
  for await (const { image, tag, content } of contents) {
    const number = counter.numberOf(image)
    counter.addTag(number, content, { isAttachment: attachedTo(tag) !== undefined, isAsked: isAsked(image) })
  }

  const numbers = new Map(counter.images.map(({ image }, at) => [image, at + 1]))
  /** Whether all that is below it has been counted for this image too. */
  const isKnown = (digest: Digest, image: number): boolean => {
    const flags = ledger.flagsOf(digest)
    if (!(flags & (live | past))) return false
    return (flags & shared) !== 0 || ledger.image.get(ledger.rowOf(digest)) === image
  }
  const histories = mapInOrder(listTags(store, '', signal), tagsAtOnce, async ({ image, tag }) => {
    const { keepHistory } = await config.settingsOf(image)
    const number = numbers.get(image)
    if (keepHistory === 0 || number === undefined) return undefined
    const entries = await readHistory(store, tagKeys(image, tag).history, signal)
    const unknown = entries.slice(0, keepHistory).filter(({ digest }) => !isKnown(digest, number))
    const kept = await Promise.all(unknown.map(({ digest }) => reader.ofDigest(digest)))
    return { number, kept: kept.filter(content => content !== undefined) }
  })
  for await (const { number, kept } of histories) for (const content of kept) counter.addPast(number, content)

  while (await countReferrers()) {
    // What refers to a signature: until nothing more is found.
  }

  async function countReferrers(): Promise<boolean> {
    let found = false
    for await (const entry of store.list(referrersPrefix, { signal })) {
      const known = entry.kind === 'object' ? parseReferrerKey(entry.info.key) : undefined
      if (known === undefined || !(ledger.flagsOf(known.subject) & (live | past))) continue
      if (ledger.flag(ledger.rowOf(known.referrer), followed) & followed) continue
      const content = await reader.ofDigest(known.referrer)
      if (content === undefined) continue
      found = true
      counter.addReferrer(ledger.rowOf(known.subject), content)
    }
    return found
  }
}

/** All tags, those of one image one after the other. */
async function* imageTags(
  store: ObjectStore,
  signal: AbortSignal | undefined,
): AsyncGenerator<NamedTag, void, undefined> {
  for await (const { tags } of tagsByImage(lean(listTags(store, '', signal)))) yield* tags
}

/** An image may have a hundred thousand tags, which are held until the last has come. */
async function* lean(tags: AsyncIterable<NamedTag>): AsyncGenerator<NamedTag, void, undefined> {
  for await (const { image, tag } of tags) yield { image, tag }
}
