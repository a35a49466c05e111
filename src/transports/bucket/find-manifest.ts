import { isLadingError } from '../../errors/index.ts'
import {
  blobKey,
  imagePrefix,
  parseTagKey,
  readDocument,
  readHistory,
  readTag,
  tagHolds,
  tagKeys,
} from '../../layout/index.ts'
import { type Digest, digestOf, digestParts } from '../../model/digest.ts'
import { maxManifestBytes } from '../../model/manifest.ts'
import type { ObjectStore } from '../../stores/index.ts'

/** The bytes of a manifest, or of a config, that is kept under `blobs/`, whole and as its digest says. */
export async function readManifestBlob(
  store: ObjectStore,
  digest: Digest,
  signal?: AbortSignal,
): Promise<Uint8Array | undefined> {
  try {
    const blob = await readDocument(store, blobKey(digest), maxManifestBytes, signal)
    if (blob === undefined || digestOf(blob.bytes, digestParts(digest).algorithm) !== digest) return undefined
    return blob.bytes
  } catch (error) {
    // No manifest is as large as that: the digest names something else.
    if (isLadingError(error, 'too-large')) return undefined
    throw error
  }
}

/**
 * The bytes of a manifest of an image: from `blobs/`, and where it is not there, from the tag that is it. s3lo's clean removes the
 * copies of roots from `blobs/`.
 */
export async function findManifest(
  store: ObjectStore,
  image: string,
  digest: Digest,
  signal?: AbortSignal,
): Promise<Uint8Array | undefined> {
  const blob = await readManifestBlob(store, digest, signal)
  if (blob !== undefined) return blob
  for await (const tag of tagsOf(store, image, signal)) {
    const record = await readTag(store, image, tag, signal)
    if (record !== undefined && tagHolds(record, digest)) return record.bytes
  }
  return undefined
}

/** For the message about a manifest that is gone: the tag that held it once, and when it was pushed. */
export async function findInHistory(
  store: ObjectStore,
  image: string,
  digest: Digest,
  signal?: AbortSignal,
): Promise<{ tag: string; pushedAt: string } | undefined> {
  for await (const tag of tagsOf(store, image, signal)) {
    const entries = await readHistory(store, tagKeys(image, tag).history, signal)
    const entry = entries.find(pushed => pushed.digest === digest)
    if (entry !== undefined) return { tag, pushedAt: entry.pushed_at }
  }
  return undefined
}

async function* tagsOf(
  store: ObjectStore,
  image: string,
  signal?: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const prefix = imagePrefix(image)
  for await (const entry of store.list(prefix, { delimiter: '/', signal })) {
    if (entry.kind !== 'prefix') continue
    const tag = parseTagKey(`${entry.prefix}manifest.json`)
    if (tag !== undefined) yield tag.tag
  }
}
