import { LadingError } from '../../errors/index.ts'
import { parseReferrerKey, readTag, referrerKey, referrersOf, writeTag } from '../../layout/index.ts'
import { cosignTags, referrersTag } from '../../model/attachment-tags.ts'
import type { Node } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'
import { limits } from '../../model/limits.ts'
import { childrenOf, detectMediaType, parseManifest } from '../../model/manifest.ts'
import { isIndexType } from '../../model/media-types.ts'
import { referrerDescriptor } from '../../model/referrer-descriptor.ts'
import { referrersIn } from '../../model/referrers-index.ts'
import type { ObjectStore } from '../../stores/index.ts'
import type { Attachment } from '../transport.ts'
import { readManifestBlob } from './find-manifest.ts'

/** Which image of a store is asked. */
export interface ImageInStore {
  readonly store: ObjectStore
  readonly image: string
}

/**
 * What is attached to a manifest in a bucket: what is recorded to refer to it, and the tags that are made of its digest. A list of referrers
 * that was copied as a tag counts too.
 *
 * @param isWhole a referrer that is recorded and not there is an error; else it is passed over
 * @throws LadingError `blob-not-found`, `bad-manifest`, `too-large`
 */
export async function* findAttachments(
  { store, image }: ImageInStore,
  subject: Digest,
  { isWhole, signal }: { readonly isWhole: boolean; readonly signal: AbortSignal | undefined },
): AsyncGenerator<Attachment, void, undefined> {
  const tags = cosignTags(subject)
  const rootOf = async (tag: string) => await readTag(store, image, tag, signal)
  const [recorded, list, ...tagged] = await Promise.all([
    recordedReferrers(store, subject, isWhole, signal),
    rootOf(referrersTag(subject)),
    ...tags.map(rootOf),
  ])
  for (const node of recorded) yield { by: 'referrer', node }
  const known = new Set(recorded.map(({ digest }) => digest))
  for (const node of list === undefined ? [] : referrersIn(list.bytes)) {
    if (!known.has(node.digest)) yield { by: 'referrer', node }
  }
  for (const [at, record] of tagged.entries()) {
    const tag = tags[at]
    if (record === undefined || tag === undefined) continue
    const { digest, bytes } = record
    const mediaType = detectMediaType(bytes)
    const node: Node = {
      kind: isIndexType(mediaType) ? 'index' : 'manifest',
      mediaType,
      digest,
      size: bytes.byteLength,
    }
    yield { by: 'tag', tag, node }
  }
}

async function recordedReferrers(
  store: ObjectStore,
  subject: Digest,
  isWhole: boolean,
  signal: AbortSignal | undefined,
): Promise<readonly Node[]> {
  const found: Node[] = []
  for await (const entry of store.list(referrersOf(subject), { signal })) {
    const record = entry.kind === 'object' ? parseReferrerKey(entry.info.key) : undefined
    if (record?.subject !== subject) continue
    if (found.length === limits.referrers) {
      throw new LadingError('too-large', `${subject} has more than ${limits.referrers} referrers`)
    }
    // What the record says of it need not be so: the manifest itself is read, which is needed anyway.
    const bytes = await readManifestBlob(store, record.referrer, signal)
    if (bytes !== undefined) found.push(referrerDescriptor({ digest: record.referrer }, bytes))
    else if (isWhole) {
      throw new LadingError('blob-not-found', `the bucket does not hold ${record.referrer}, which refers to ${subject}`)
    }
  }
  return found
}

/**
 * Attaches a manifest that is kept as content already. A tag of an attachment is moved whatever the bucket calls immutable: that is said of
 * images, and who signs one again adds to what is there.
 */
export async function attachManifest(
  { store, image }: ImageInStore,
  subject: Digest,
  attachment: Attachment,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { node } = attachment
  if (attachment.by === 'tag') {
    const { tag, replaces: expect } = attachment
    const children = childrenOf(parseManifest(bytes, node.mediaType))
    const imageBytes = children.reduce((sum, { size }) => sum + size, bytes.byteLength)
    await writeTag(store, { image, tag, digest: node.digest, bytes, imageBytes, immutable: false, expect, signal })
    return
  }
  const { kind: _, ...descriptor } = node
  // written even where it is there: what is cleaned is what is old
  await store.put(referrerKey(subject, node.digest), new TextEncoder().encode(JSON.stringify(descriptor)), { signal })
}
