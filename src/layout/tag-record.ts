import { isLadingError } from '../errors/index.ts'
import { type Digest, type DigestAlgorithm, digestOf, digestParts } from '../model/digest.ts'
import { maxManifestBytes } from '../model/manifest.ts'
import type { ObjectInfo, ObjectStore } from '../stores/index.ts'
import { tagKeys } from './keys.ts'
import { readBeginning } from './read-beginning.ts'
import { readDocument } from './read-document.ts'

/** A tag as it is now: the bytes of its root. */
export interface TagRecord {
  readonly digest: Digest
  readonly bytes: Uint8Array
  readonly info: ObjectInfo
  /** `bytes` are only the beginning: more than any manifest may have, so that nobody takes them for one. */
  readonly cut?: true
}

/** Reads a tag, or `undefined` where there is none. */
export async function readTag(
  store: ObjectStore,
  image: string,
  tag: string,
  signal?: AbortSignal,
): Promise<TagRecord | undefined> {
  return await readRoot(store, tagKeys(image, tag).manifest, signal)
}

/** Reads the root that is kept under a key which does not name its digest. */
export async function readRoot(store: ObjectStore, key: string, signal?: AbortSignal): Promise<TagRecord | undefined> {
  try {
    const document = await readDocument(store, key, maxManifestBytes, signal)
    if (document === undefined) return undefined
    return { digest: digestOf(document.bytes, algorithmWithin(document.bytes)), ...document }
  } catch (error) {
    if (!isLadingError(error, 'too-large')) throw error
    // It is no manifest, and yet it can be named, written over and deleted.
    const begun = await readBeginning(store, key, maxManifestBytes + 1, signal)
    if (begun === undefined) return undefined
    const { whole, ...record } = begun
    return { ...record, ...(whole ? {} : { cut: true }) }
  }
}

/** Whether the tag's root is the content that `digest` names. */
export function tagHolds({ digest: held, bytes, cut }: TagRecord, digest: Digest): boolean {
  return held === digest || (!cut && digestOf(bytes, digestParts(digest).algorithm) === digest)
}

/**
 * The algorithm that a root's own digest is made with. The object does not say it; an image that is built with sha512 names its
 * children so, and asking the history would be a second request for every tag.
 */
function algorithmWithin(bytes: Uint8Array): DigestAlgorithm {
  return /"digest"\s*:\s*"(sha256|sha512):/.exec(new TextDecoder().decode(bytes))?.[1] === 'sha512'
    ? 'sha512'
    : 'sha256'
}
