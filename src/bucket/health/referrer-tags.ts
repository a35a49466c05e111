import { parseTagKey, tagsPrefix } from '../../layout/index.ts'
import { type Digest, isDigest } from '../../model/digest.ts'
import type { ObjectStore } from '../../stores/index.ts'
import type { ImagePattern } from '../image-pattern.ts'
import { type Found, find, nothingFound } from './walk-tag-folders.ts'

/**
 * What a tag such as `sha256-<hex>.sig` is about: so are signatures named, and referrers where a registry has no list of them (OCI
 * distribution specification, "Referrers Tag Schema").
 */
export function parseReferrerTag(tag: string): Digest | undefined {
  const [, algorithm, hex] = /^(sha256|sha512)-([0-9a-f]+)(?:\.[\w.-]*)?$/.exec(tag) ?? []
  const digest = `${algorithm}:${hex}`
  return isDigest(digest) ? digest : undefined
}

/** The tags whose subject nobody knows. Only names are listed: what is known, has been looked at before. */
export async function findLostReferrers(
  store: ObjectStore,
  { start, matches }: ImagePattern,
  isKnown: (digest: Digest) => boolean,
  signal?: AbortSignal,
): Promise<Found> {
  const lost = nothingFound()
  for await (const entry of store.list(tagsPrefix(start), { signal })) {
    const name = entry.kind === 'object' ? parseTagKey(entry.info.key) : undefined
    const subject = name === undefined ? undefined : parseReferrerTag(name.tag)
    if (name === undefined || subject === undefined || !matches(name.image)) continue
    if (!isKnown(subject)) find(lost, `${name.image}:${name.tag}`)
  }
  return lost
}
