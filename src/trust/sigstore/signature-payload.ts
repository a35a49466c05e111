import * as v from 'valibot'
import { LadingError } from '../../errors/index.ts'
import { type Digest, isDigest } from '../../model/digest.ts'
import { goJson } from '../../model/go-json.ts'
import { readUnambiguousJson } from '../read-unambiguous-json.ts'

/** What is signed: cosign's SIGNATURE_SPEC, "Payload". */
export const payloadMediaType = 'application/vnd.dev.cosign.simplesigning.v1+json'
const signatureType = 'cosign container image signature'

/** What a signature is of. */
export interface SignedClaim {
  readonly manifestDigest: Digest
  /** For which reference. cosign writes the repository alone, the containers tools the tag or digest too. */
  readonly dockerReference: string
}

const document = v.strictObject({
  critical: v.strictObject({
    type: v.literal(signatureType),
    image: v.strictObject({ 'docker-manifest-digest': v.pipe(v.string(), v.check(isDigest)) }),
    identity: v.strictObject({ 'docker-reference': v.string() }),
  }),
  // cosign writes null where its user gave none
  optional: v.nullable(
    v.looseObject({ creator: v.optional(v.string()), timestamp: v.optional(v.pipe(v.number(), v.safeInteger())) }),
  ),
})

export function formatPayload(
  { manifestDigest, dockerReference }: SignedClaim,
  optional: Readonly<Record<string, string | number>>,
): Uint8Array {
  const payload = {
    critical: {
      identity: { 'docker-reference': dockerReference },
      image: { 'docker-manifest-digest': manifestDigest },
      type: signatureType,
    },
    optional,
  }
  return Buffer.from(goJson(payload))
}

/** @param bytes whose signature MUST have been verified @throws LadingError `untrusted` where they say anything else than such a claim */
export function parsePayload(bytes: Uint8Array): SignedClaim {
  try {
    const { critical } = v.parse(document, readUnambiguousJson(bytes))
    return {
      manifestDigest: critical.image['docker-manifest-digest'] as Digest, // checked
      dockerReference: critical.identity['docker-reference'],
    }
  } catch (cause) {
    throw new LadingError('untrusted', 'what the signature is of is no claim about an image', { cause })
  }
}
