import * as v from 'valibot'
import { type Digest, digestParts } from '../../model/digest.ts'
import { readJson } from '../../model/read-json.ts'

/** in-toto's statement: what is said (`predicate`) of which content. Whoever signed it has not been asked. */
export interface Statement {
  readonly predicateType: string
  readonly predicate: unknown
  /** Whether it says this of the content of one of these digests. */
  isAbout(digests: readonly Digest[]): boolean
}

export const statementType = 'application/vnd.in-toto+json'
export const envelopeType = 'application/vnd.dsse.envelope.v1+json'
const bundleType = 'application/vnd.dev.sigstore.bundle'

const statementSchema = v.looseObject({
  _type: v.pipe(v.string(), v.startsWith('https://in-toto.io/Statement/')),
  predicateType: v.string(),
  predicate: v.unknown(),
  subject: v.array(v.looseObject({ digest: v.record(v.string(), v.string()) })),
})
const envelopeSchema = v.looseObject({ payloadType: v.literal(statementType), payload: v.pipe(v.string(), v.base64()) })
const bundleSchema = v.looseObject({ dsseEnvelope: envelopeSchema })

/** Whether content of this type is a statement, as it is, in an envelope (DSSE), or in a bundle of Sigstore. */
export function holdsStatement(mediaType: string): boolean {
  return mediaType === statementType || mediaType === envelopeType || isBundle(mediaType)
}

/** @throws Error where it is none */
export function readStatement(mediaType: string, bytes: Uint8Array): Statement {
  const { predicateType, predicate, subject } = v.parse(statementSchema, readJson(statementBytes(mediaType, bytes)))
  return {
    predicateType,
    predicate,
    isAbout: digests =>
      digests
        .map(digestParts)
        .some(({ algorithm, hex }) =>
          subject.some(({ digest }) => Object.hasOwn(digest, algorithm) && digest[algorithm] === hex),
        ),
  }
}

function statementBytes(mediaType: string, bytes: Uint8Array): Uint8Array {
  if (mediaType === statementType) return bytes
  const envelope = isBundle(mediaType)
    ? v.parse(bundleSchema, readJson(bytes)).dsseEnvelope
    : v.parse(envelopeSchema, readJson(bytes))
  return Buffer.from(envelope.payload, 'base64')
}

/** Its version stands in it, and where depends on the version. */
function isBundle(mediaType: string): boolean {
  return mediaType === bundleType || mediaType.startsWith(`${bundleType}.`) || mediaType.startsWith(`${bundleType}+`)
}
