import { type Digest, digestParts } from './digest.ts'

/** A tag has at most 128 characters: distribution specification, "Pulling manifests". */
const maxTagCharacters = 128

/**
 * The tag under which a registry without the referrers API keeps the list of what refers to a manifest: distribution specification,
 * "Referrers Tag Schema".
 */
export function referrersTag(subject: Digest): string {
  const { algorithm, hex } = digestParts(subject)
  return `${algorithm}-${hex.slice(0, 64)}`
}

/** The tags under which cosign keeps signatures, attestations and SBOMs of a manifest. None is long enough for sha512. */
export function cosignTags(subject: Digest): readonly string[] {
  const { algorithm, hex } = digestParts(subject)
  return ['sig', 'att', 'sbom']
    .map(suffix => `${algorithm}-${hex}.${suffix}`)
    .filter(tag => tag.length <= maxTagCharacters)
}

/** Whether what is attached under this tag is found when its subject is asked about. Other tools have suffixes of their own. */
export function isAttachmentTag(tag: string, subject: Digest): boolean {
  return tag === referrersTag(subject) || cosignTags(subject).includes(tag)
}
