import { type Digest, digestParts, isDigest } from '../model/digest.ts'

/** Below it stands of every referrer that was pushed without a tag what it refers to. */
export const referrersPrefix = 'lading/referrers/'

/** Where it is kept that the manifest `referrer` refers to `subject`. */
export function referrerKey(subject: Digest, referrer: Digest): string {
  const { algorithm, hex } = digestParts(referrer)
  return `${referrersOf(subject)}${algorithm}/${hex}`
}

/** Below it stands what refers to `subject`. */
export function referrersOf(subject: Digest): string {
  const { algorithm, hex } = digestParts(subject)
  return `${referrersPrefix}${algorithm}/${hex}/`
}

/** `undefined`: something else is kept under `key`. */
export function parseReferrerKey(key: string): { readonly subject: Digest; readonly referrer: Digest } | undefined {
  if (!key.startsWith(referrersPrefix)) return undefined
  const [ofAlgorithm, ofHex, byAlgorithm, byHex, ...rest] = key.slice(referrersPrefix.length).split('/')
  const subject = `${ofAlgorithm}:${ofHex}`
  const referrer = `${byAlgorithm}:${byHex}`
  return rest.length === 0 && isDigest(subject) && isDigest(referrer) ? { subject, referrer } : undefined
}

/**
 * What a tag is attached to by its name: the referrers tag of the distribution specification (`sha256-<hex>`), or one of cosign
 * (`sha256-<hex>.sig`, `.att`, `.sbom`). `undefined`: it is a tag like any other.
 */
export function attachedTo(tag: string): Digest | undefined {
  const match = /^(sha256|sha512)-([0-9a-f]+)(?:\..+)?$/.exec(tag)
  const digest = `${match?.[1]}:${match?.[2]}`
  return isDigest(digest) ? digest : undefined
}
