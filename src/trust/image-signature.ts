import * as v from 'valibot'
import { LadingError } from '../errors/index.ts'
import { readJson } from '../model/read-json.ts'

/** A signature over a manifest's digest, as the containers tools know them. */
export type ImageSignature =
  /** A signed OpenPGP message: containers-signature(5). */
  | { readonly format: 'simple'; readonly bytes: Uint8Array }
  /** A layer of cosign's signature image: what was signed, and the signature and its certificates as annotations. */
  | {
      readonly format: 'sigstore'
      readonly mediaType: string
      readonly payload: Uint8Array
      readonly annotations: Readonly<Record<string, string>>
    }

/** What the file of a signature that is no simple one begins with, before the name of its format and a line feed. */
const marker = 0x00
const sigstoreHeader = Buffer.from('\0sigstore-json\n')

const sigstoreFile = v.object({
  mimeType: v.string(),
  payload: v.pipe(v.string(), v.base64()),
  annotations: v.optional(v.record(v.string(), v.string()), {}),
})

/**
 * Reads a signature as the containers tools write it to a file: `signature-1` of a `dir:` and of a lookaside store.
 *
 * @throws LadingError `bad-manifest` where nobody can tell what it is
 */
export function parseImageSignature(bytes: Uint8Array): ImageSignature {
  if (bytes[0] !== marker) return { format: 'simple', bytes }
  const refuse = (cause?: unknown) =>
    new LadingError('bad-manifest', 'the signature has a form that is not known', {
      operation: 'read signature',
      cause,
    })
  if (!Buffer.from(bytes.subarray(0, sigstoreHeader.length)).equals(sigstoreHeader)) throw refuse()
  try {
    const { mimeType, payload, annotations } = v.parse(
      sigstoreFile,
      readJson(Buffer.from(bytes.subarray(sigstoreHeader.length)).toString()),
    )
    return { format: 'sigstore', mediaType: mimeType, payload: Buffer.from(payload, 'base64'), annotations }
  } catch (cause) {
    throw refuse(cause)
  }
}

/** What `parseImageSignature` reads. */
export function formatImageSignature(signature: ImageSignature): Uint8Array {
  if (signature.format === 'simple') return signature.bytes
  const { mediaType: mimeType, payload, annotations } = signature
  const document = { mimeType, payload: Buffer.from(payload).toString('base64'), annotations }
  return Buffer.concat([sigstoreHeader, Buffer.from(JSON.stringify(document))])
}
