import { interruptible } from '../copy/interruptible.ts'
import { LadingError } from '../errors/index.ts'
import { type HistoryEntry, type TagRecord, tagHolds } from '../layout/index.ts'
import { type Digest, isDigest, shortDigest } from '../model/digest.ts'
import { type BucketTag, openImageOf, requireTag } from './open-image-of.ts'
import type { BucketOptions } from './open-store-of.ts'
import type { PointedTag, PointOptions } from './point-tag.ts'
import { readTagHistory } from './tag-history.ts'

export interface RollbackOptions extends BucketOptions, Pick<PointOptions, 'force' | 'onEvent'> {
  /** The digest that the tag shall hold, or the beginning of one that is in its history. Default: the one before the present. */
  readonly to?: string | undefined
  /** Only if the tag holds this digest now. Without `to` it must hold what it held when it was looked up, in any case. */
  readonly expect?: Digest | undefined
}

export interface RollbackResult extends PointedTag {
  readonly reference: string
  readonly previous: Digest
}

/**
 * Makes a tag hold what it held before. The image is looked for first, whole: where something of it is gone, the tag stays. The history
 * gets one more entry, so a second rollback undoes the first.
 *
 * @example
 * await copyImage('oci:examples/hello:v1', 'local://./images/hello:latest')
 * const { pushes } = await tagHistory('local://./images/hello:latest')
 * await rollbackTag('local://./images/hello:latest', { to: pushes[0]?.digest })
 *
 * @throws LadingError `image-not-found` where the tag or the image is gone, or nothing came before; `blob-not-found` where a part of it
 * is; `tag-exists` where the tag is immutable, `precondition-failed` where somebody else has moved it
 */
export async function rollbackTag(
  reference: string,
  { to, expect, force, onEvent, ...options }: RollbackOptions = {},
): Promise<RollbackResult> {
  const { signal } = options
  return await interruptible(signal, async () => {
    await using opened = await openImageOf(reference, options, message => onEvent?.({ type: 'warning', message }))
    const at = requireTag(opened.at, 'rollback')
    const { record, entries } = await readTagHistory(opened.store, at, 'rollback', signal)
    const digest = to === undefined ? entryBefore(record, entries, at) : chosenEntry(to, entries, at)
    const seen = to === undefined ? record.digest : undefined
    const from = { name: at.name, image: at.image, digest }
    // Loaded here: most commands on a bucket copy nothing.
    const { pointTag } = await import('./point-tag.ts')
    const pointed = await pointTag(opened.store, from, at, { force, expect: expect ?? seen, onEvent, signal })
    return { reference: at.name, previous: record.digest, ...pointed }
  })
}

/**
 * The newest entry of another image that is older than that of the present one. What is newer belongs to a push that was
 * killed before its tag was written.
 */
function entryBefore(record: TagRecord, entries: readonly HistoryEntry[], { name }: BucketTag): Digest {
  const present = entries.findIndex(entry => tagHolds(record, entry.digest))
  const before = entries.slice(present + 1).find(entry => !tagHolds(record, entry.digest))
  if (before !== undefined) return before.digest
  throw new LadingError('image-not-found', 'its history holds nothing that came before', {
    operation: 'rollback',
    subject: name,
    hint: `see \`lading history ${name}\`, and name a digest with --to`,
  })
}

function chosenEntry(to: string, entries: readonly HistoryEntry[], { name }: BucketTag): Digest {
  if (isDigest(to)) return to
  const refuse = (code: 'bad-argument' | 'image-not-found', message: string) =>
    new LadingError(code, message, { operation: 'rollback', subject: name, hint: `see \`lading history ${name}\`` })
  if (!/^(?:sha(?:256|512):[0-9a-f]*|[0-9a-f]+)$/.test(to)) {
    throw refuse('bad-argument', `${JSON.stringify(to)} is neither a digest nor the beginning of one`)
  }
  const found = new Set(
    entries.flatMap(({ digest }) => {
      const text = to.includes(':') ? digest : digest.slice(digest.indexOf(':') + 1)
      return text.startsWith(to) ? [digest] : []
    }),
  )
  const [digest, ...others] = found
  if (digest === undefined) throw refuse('image-not-found', `no digest of its history begins with ${to}`)
  if (others.length === 0) return digest
  const shown = [...found].slice(0, 3).map(shortDigest).join(', ')
  throw refuse('bad-argument', `${found.size} digests of its history begin with ${to}: ${shown}`)
}
