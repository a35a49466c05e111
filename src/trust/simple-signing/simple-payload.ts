import * as v from 'valibot'
import { LadingError } from '../../errors/index.ts'
import { type Digest, isDigest } from '../../model/digest.ts'
import { duplicateMember } from '../../model/duplicate-member.ts'
import { readJson } from '../../model/read-json.ts'

/** What a simple signature says of an image: containers-signature(5). */
export interface SimplePayload {
  readonly manifestDigest: Digest
  /** For which name the image was signed. */
  readonly dockerReference: string
  /** The program that signed. Nobody decides by it. */
  readonly creator?: string
  /** Seconds since 1970, as the signer says. */
  readonly timestamp?: number
}

const signatureType = 'atomic container signature'

// "critical" is understood whole or not at all: what a member that is not known would demand nobody can tell.
const schema = v.strictObject({
  critical: v.strictObject({
    type: v.literal(signatureType),
    image: v.strictObject({
      'docker-manifest-digest': v.custom<Digest>(
        value => typeof value === 'string' && isDigest(value),
        'it is no digest',
      ),
    }),
    identity: v.strictObject({ 'docker-reference': v.string() }),
  }),
  optional: v.pipe(
    // which an object's schema takes too
    v.custom<object>(value => !Array.isArray(value), 'it is a list'),
    v.looseObject({
      creator: v.optional(v.string()),
      timestamp: v.optional(v.pipe(v.number(), v.safeInteger())),
    }),
  ),
})

/**
 * Reads what was signed. MUST be called only with bytes whose signature was verified, but to show what nobody vouches for.
 *
 * @throws LadingError `bad-manifest`
 */
export function parseSimplePayload(bytes: Uint8Array): SimplePayload {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    const value = readJson(text)
    const twice = duplicateMember(text)
    if (twice !== undefined) throw new SyntaxError(`it names ${JSON.stringify(twice)} twice`)
    const { critical, optional } = v.parse(schema, value)
    return {
      manifestDigest: critical.image['docker-manifest-digest'],
      dockerReference: critical.identity['docker-reference'],
      ...(optional.creator === undefined ? {} : { creator: optional.creator }),
      ...(optional.timestamp === undefined ? {} : { timestamp: optional.timestamp }),
    }
  } catch (cause) {
    const where = v.isValiError(cause) ? v.getDotPath(cause.issues[0]) : undefined
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new LadingError(
      'bad-manifest',
      `what is signed is not a container signature: ${where ? `${where}: ` : ''}${why}`,
      {
        operation: 'read signature',
        cause,
      },
    )
  }
}

/** What `parseSimplePayload` reads, with its members in the order in which the containers tools write them. */
export function formatSimplePayload({
  manifestDigest,
  dockerReference,
  creator,
  timestamp,
}: SimplePayload): Uint8Array {
  const document = {
    critical: {
      identity: { 'docker-reference': dockerReference },
      image: { 'docker-manifest-digest': manifestDigest },
      type: signatureType,
    },
    optional: { creator, timestamp },
  }
  return Buffer.from(JSON.stringify(document))
}
