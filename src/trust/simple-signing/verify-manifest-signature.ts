import { LadingError } from '../../errors/index.ts'
import { type Digest, digestParts } from '../../model/digest.ts'
import { manifestDigest } from '../../model/manifest-digest.ts'
import { formatReference, parseReference } from '../../transports/index.ts'
import { verifySimpleSignature } from './verify-simple-signature.ts'

/** What a signature has to be of, and by whom. */
export interface ManifestTrust {
  /** The exact name that it has to be for. */
  readonly dockerReference: string
  readonly keys: readonly Uint8Array[]
  /** Of keys, or of their subkeys; `any` trusts all of `keys`. */
  readonly fingerprints: readonly string[] | 'any'
}

/**
 * Verifies that a signature is of this manifest, for this name, and by one of these keys.
 *
 * @returns which key: the one that signed where it is named, else the primary key that it belongs to
 * @throws LadingError `untrusted`, `bad-manifest`, `bad-config`
 */
export async function verifyManifestSignature(
  signature: Uint8Array,
  manifest: Uint8Array,
  { dockerReference, keys, fingerprints }: ManifestTrust,
): Promise<{ readonly fingerprint: string; readonly digest: Digest }> {
  const verified = await verifySimpleSignature(signature, { keys })
  const { fingerprint: own, primaryFingerprint: primary, manifestDigest: digest } = verified
  const accepted = fingerprints === 'any' ? [primary] : fingerprints.map(one => one.toUpperCase())
  const fingerprint = [own, primary].find(one => accepted.includes(one))
  if (fingerprint === undefined)
    throw refusal(`the key ${own}${own === primary ? '' : ` of ${primary}`} is not accepted`)
  const actual = manifestDigest(manifest, digestParts(digest).algorithm)
  if (actual !== digest) throw refusal(`it is of the manifest ${digest}, and this is ${actual}`)
  if (nameOf(verified.dockerReference) !== nameOf(dockerReference))
    throw refusal(
      `it is for the name ${JSON.stringify(verified.dockerReference)}, not ${JSON.stringify(dockerReference)}`,
    )
  return { fingerprint, digest }
}

/** A name written out: `busybox:1` is `docker.io/library/busybox:1`. One without a tag has none. */
function nameOf(text: string): string {
  const name = formatReference(parseReference(`docker://${text}`))
  const hasTag = /[:@]/.test(text.slice(text.lastIndexOf('/') + 1))
  return hasTag ? name : name.replace(/:latest$/, '')
}

function refusal(why: string): LadingError {
  return new LadingError('untrusted', `the signature is not good: ${why}`, { operation: 'verify signature' })
}
