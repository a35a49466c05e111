import { createPublicKey, type KeyObject, verify, X509Certificate } from 'node:crypto'
import * as v from 'valibot'
import { LadingError } from '../errors/index.ts'
import { type Digest, digestOf } from './digest.ts'
import { readJson } from './read-json.ts'

const signatureSchema = v.looseObject({
  header: v.looseObject({ alg: v.string(), jwk: v.nullish(v.looseObject({})), x5c: v.nullish(v.array(v.string())) }),
  signature: v.string(),
  protected: v.string(),
})
const documentSchema = v.looseObject({ signatures: v.nullish(v.array(signatureSchema)) })
const protectedSchema = v.looseObject({
  formatLength: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  formatTail: v.string(),
})

type Signature = v.InferOutput<typeof signatureSchema>

/**
 * What a manifest of schema 1 says: of a signed one its payload, which is the document without the signatures.
 *
 * The payload is what the digest is of. Whoever reads the manifest MUST read this, and not the document around it, which could say anything.
 *
 * @throws LadingError `bad-manifest` where the signatures do not say what they sign, or do not agree on it
 */
export function schema1Payload(bytes: Uint8Array): Uint8Array {
  return payloadOf(bytes, signaturesOf(bytes))
}

/** The digest by which registries know a manifest of schema 1. @throws LadingError as schema1Payload() */
export function schema1Digest(bytes: Uint8Array): Digest {
  return digestOf(schema1Payload(bytes))
}

/**
 * Checks each signature with the key that it brings. The key is whoever's: this tells damage, not who wrote the manifest.
 *
 * @returns how many there are; an unsigned manifest has none
 * @throws LadingError `bad-manifest` where one is not of the payload, `unsupported` for another algorithm than registries write
 */
export function verifySchema1(bytes: Uint8Array): number {
  const signatures = signaturesOf(bytes)
  const payload = Buffer.from(payloadOf(bytes, signatures)).toString('base64url')
  for (const [position, signature] of signatures.entries()) {
    const where = `signatures.${position}`
    const hash = algorithms.get(signature.header.alg)
    if (hash === undefined) {
      throw new LadingError('unsupported', `${where} of the schema 1 manifest is made with ${signature.header.alg}`, {
        hint: `these are understood: ${[...algorithms.keys()].join(', ')}`,
      })
    }
    const signed = Buffer.from(`${signature.protected}.${payload}`)
    const key = { key: keyOf(signature, where), dsaEncoding: 'ieee-p1363' } as const
    const expected = signature.header.alg.startsWith('ES') ? 'ec' : 'rsa'
    const matches = key.key.asymmetricKeyType === expected
    if (!matches || !verify(hash, signed, key, Buffer.from(signature.signature, 'base64url'))) {
      throw bad(`${where} is not that of this manifest`)
    }
  }
  return signatures.length
}

/** RFC 7518, section 3.1, as far as libtrust goes. */
const algorithms: ReadonlyMap<string, string> = new Map([
  ['ES256', 'sha256'],
  ['ES384', 'sha384'],
  ['ES512', 'sha512'],
  ['RS256', 'sha256'],
  ['RS384', 'sha384'],
  ['RS512', 'sha512'],
])

function keyOf({ header }: Signature, where: string): KeyObject {
  const [certificate] = header.x5c ?? []
  try {
    if (certificate !== undefined) return new X509Certificate(Buffer.from(certificate, 'base64')).publicKey
    if (header.jwk) return createPublicKey({ key: header.jwk, format: 'jwk' })
  } catch (cause) {
    throw bad(`the key of ${where} cannot be used`, cause)
  }
  throw bad(`${where} brings no key`)
}

function signaturesOf(bytes: Uint8Array): readonly Signature[] {
  const { signatures } = parse(documentSchema, bytes, 'the document')
  if (signatures?.length === 0) throw bad('it is to be signed and has no signature')
  return signatures ?? []
}

function payloadOf(bytes: Uint8Array, signatures: readonly Signature[]): Uint8Array {
  const payloads = signatures.map((signature, position) => {
    const header = Buffer.from(signature.protected, 'base64url')
    const { formatLength, formatTail } = parse(protectedSchema, header, `signatures.${position}.protected`)
    if (formatLength > bytes.byteLength) throw bad(`signatures.${position} is of more bytes than there are`)
    return Buffer.concat([bytes.subarray(0, formatLength), Buffer.from(formatTail, 'base64url')])
  })
  const [first, ...others] = payloads
  if (others.some(other => first !== undefined && !first.equals(other))) {
    throw bad('its signatures are not of the same payload')
  }
  return first ?? bytes
}

function parse<T extends v.GenericSchema>(schema: T, bytes: Uint8Array, what: string): v.InferOutput<T> {
  let value: unknown
  try {
    value = readJson(bytes)
  } catch (cause) {
    throw bad(`${what} is not JSON`, cause)
  }
  const result = v.safeParse(schema, value, { abortEarly: true })
  if (result.success) return result.output
  const [issue] = result.issues
  throw bad(`${v.getDotPath(issue) ?? what}: ${issue.message}`)
}

function bad(what: string, cause?: unknown): LadingError {
  return new LadingError('bad-manifest', `the schema 1 manifest cannot be used: ${what}`, { cause })
}
