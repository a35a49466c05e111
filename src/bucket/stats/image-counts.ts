import { type DigestLedger, layer, listed, live, missing, past, present, root, shared } from './digest-ledger.ts'
import type { Content, ImageContent } from './read-content.ts'

/** What is counted of one image while its tags go by. */
export interface ImageCount {
  readonly image: string
  tags: number
  attachments: number
  /** Every tag whole. */
  logicalBytes: number
  /** Every blob once. */
  uniqueBytes: number
  /** Of these in layers that nobody has compressed. */
  uncompressedBytes: number
  /** What nothing but this image keeps, its history too; and of that what its tags need. Known when everything has been counted. */
  ownBytes: number
  ownNeededBytes: number
}

/** Adds up what images are made of. The tags of an image MUST come one after the other. */
export interface ImageCounter {
  /** One for each image that has tags. Its number is its place, and one. */
  readonly images: readonly ImageCount[]
  readonly totals: {
    tags: number
    attachments: number
    incompleteTags: number
    /** Every tag whole, and everything that is attached to one. */
    logicalBytes: number
    missing: { count: number; bytes: number }
  }
  /** The number of an image; a new one where it has none. */
  numberOf(image: string): number
  addTag(image: number, content: ImageContent, options: { isAttachment: boolean; isAsked: boolean }): void
  /** What the history of an image's tags keeps. */
  addPast(image: number, content: ImageContent): void
  /** What refers to a digest goes with it. */
  addReferrer(subject: number, content: ImageContent): void
}

const nothing = {
  tags: 0,
  attachments: 0,
  logicalBytes: 0,
  uniqueBytes: 0,
  uncompressedBytes: 0,
  ownBytes: 0,
  ownNeededBytes: 0,
}

/** @param countsSharing count of each digest how many tags need it */
export function createImageCounter(ledger: DigestLedger, countsSharing: boolean): ImageCounter {
  const images: ImageCount[] = []
  let last: string | undefined
  const totals = { tags: 0, attachments: 0, incompleteTags: 0, logicalBytes: 0, missing: { count: 0, bytes: 0 } }

  /** @returns whether this image has not named it before */
  const claim = (row: number, image: number): boolean => {
    const before = ledger.image.get(row)
    if (before === image) return false
    if (before !== 0) ledger.flag(row, shared)
    ledger.image.set(row, image)
    return true
  }

  /** The row of what is there; `undefined` for what is not, which is counted once. */
  const enter = ({ digest, bytes, where }: Content): number | undefined => {
    if (where === 'elsewhere') return undefined
    const row = ledger.rowOf(digest)
    if (where === 'missing') {
      if (ledger.flag(row, missing) & missing) return undefined
      totals.missing.count += 1
      totals.missing.bytes += bytes
      return undefined
    }
    // It came after the listing, or it is in chunks, and then its size is what the manifest says.
    if (!(ledger.flags(row) & present)) ledger.flag(row, listed)
    if (!(ledger.flags(row) & (live | past))) ledger.bytes.set(row, bytes)
    return row
  }

  return {
    images,
    totals,
    numberOf(image) {
      if (image !== last) {
        images.push({ image, ...nothing })
        last = image
      }
      return images.length
    },
    addTag(image, content, { isAttachment, isAsked }) {
      const count = images[image - 1]
      if (count === undefined) return
      const kind = isAttachment ? 'attachments' : 'tags'
      count[kind] += 1
      totals[kind] += 1
      if (content.isIncomplete) totals.incompleteTags += 1
      ledger.flag(ledger.rowOf(content.root), root)
      for (const part of content.contents) {
        const row = enter(part)
        if (row === undefined) continue
        ledger.flag(row, live | (isAsked && part.kind === 'layer' ? layer : 0))
        // A column that nobody asks for takes no memory.
        if (countsSharing) ledger.tags.set(row, ledger.tags.get(row) + 1)
        count.logicalBytes += part.bytes
        totals.logicalBytes += part.bytes
        if (!claim(row, image)) continue
        count.uniqueBytes += part.bytes
        if (part.isUncompressed) count.uncompressedBytes += part.bytes
      }
    },
    addPast(image, content) {
      for (const part of content.contents) {
        // That something is missing which history alone names is no flaw: there it was allowed to go.
        const row = part.where === 'here' ? enter(part) : undefined
        if (row === undefined) continue
        ledger.flag(row, past)
        claim(row, image)
      }
    },
    addReferrer(subject, content) {
      const flags = ledger.flags(subject)
      const image = ledger.image.get(subject)
      const count = flags & shared ? undefined : images[image - 1]
      if (flags & live) {
        totals.attachments += 1
        if (count !== undefined) count.attachments += 1
      }
      for (const part of content.contents) {
        const row = part.where === 'here' ? enter(part) : undefined
        if (row === undefined) continue
        const before = ledger.flag(row, flags & (live | past | shared))
        const isNew = claim(row, image) || !(before & live)
        if (!(flags & live)) continue
        totals.logicalBytes += part.bytes
        if (count === undefined) continue
        count.logicalBytes += part.bytes
        if (isNew) count.uniqueBytes += part.bytes
      }
    },
  }
}
