import * as v from 'valibot'
import { LadingError } from '../../errors/index.ts'
import { type Digest, digestParts } from '../../model/digest.ts'
import { readUnambiguousJson } from '../read-unambiguous-json.ts'

/** What an in-toto statement is called in an envelope. */
export const statementMediaType = 'application/vnd.in-toto+json'
/** The type of what cosign 3 says of an image that it signs: nothing but that. */
export const signaturePredicate = 'https://sigstore.dev/cosign/sign/v1'

const document = v.looseObject({
  _type: v.picklist(['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1']),
  subject: v.pipe(v.array(v.looseObject({ digest: v.record(v.string(), v.string()) })), v.minLength(1)),
  predicateType: v.string(),
  predicate: v.optional(v.unknown()),
})

/** Something that is said of an image. */
export interface Statement {
  readonly predicateType: string
  readonly predicate: unknown
}

/** As cosign 3 writes it. */
export function formatSignatureStatement(
  subject: Digest,
  annotations: Readonly<Record<string, string>> = {},
): Uint8Array {
  const { algorithm, hex } = digestParts(subject)
  return Buffer.from(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { [algorithm]: hex }, annotations }],
      predicateType: signaturePredicate,
      predicate: {},
    }),
  )
}

/**
 * @param bytes whose signature MUST have been verified
 * @throws LadingError `untrusted` where they are no statement about the image
 */
export function parseStatement(bytes: Uint8Array, subject: Digest): Statement {
  let statement: v.InferOutput<typeof document>
  try {
    statement = v.parse(document, readUnambiguousJson(bytes))
  } catch (cause) {
    throw new LadingError('untrusted', 'what is signed is no statement about an image', { cause })
  }
  const { algorithm, hex } = digestParts(subject)
  if (!statement.subject.some(({ digest }) => Object.hasOwn(digest, algorithm) && digest[algorithm] === hex)) {
    throw new LadingError('untrusted', 'the statement is about another image')
  }
  return { predicateType: statement.predicateType, predicate: statement.predicate }
}
