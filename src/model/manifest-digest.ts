import { LadingError } from '../errors/index.ts'
import { type Digest, digestOf } from './digest.ts'

/**
 * The digest that a registry knows a manifest by: of its bytes, and of a signed one of Docker's schema 1 of what was signed.
 *
 * @throws LadingError `bad-manifest` where the signatures do not say what was signed
 */
export function manifestDigest(bytes: Uint8Array): Digest {
  const [signature] = signaturesOf(bytes) ?? []
  return digestOf(signature === undefined ? bytes : signedPayload(bytes, signature))
}

/** Of any other document `undefined`: its digest is that of its bytes, whatever it is. */
function signaturesOf(bytes: Uint8Array): readonly unknown[] | undefined {
  const document = asRecord(tryJson(bytes))
  return document?.schemaVersion === 1 && Array.isArray(document.signatures) ? document.signatures : undefined
}

/** JSON web signatures as Docker's libtrust writes them: the payload is the document's beginning, and an end that the signature holds. */
function signedPayload(bytes: Uint8Array, signature: unknown): Uint8Array {
  const { protected: encoded } = asRecord(signature) ?? {}
  const header =
    typeof encoded === 'string' ? asRecord(tryJson(new Uint8Array(Buffer.from(encoded, 'base64url')))) : undefined
  const { formatLength: length, formatTail: tail } = header ?? {}
  if (!isLengthWithin(length, bytes) || typeof tail !== 'string') {
    throw new LadingError('bad-manifest', 'its signature does not say what was signed', {
      hint: 'it is Docker schema 1, and not as its registry gave it: its bytes must be kept, white space too',
    })
  }
  return new Uint8Array(Buffer.concat([bytes.subarray(0, length), Buffer.from(tail, 'base64url')]))
}

function isLengthWithin(length: unknown, { byteLength }: Uint8Array): length is number {
  return typeof length === 'number' && Number.isSafeInteger(length) && length >= 0 && length <= byteLength
}

function tryJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}

function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined // any object has fields
}
