import { createHash, type KeyObject } from 'node:crypto'
import * as v from 'valibot'
import { LadingError } from '../../errors/index.ts'
import { type Digest, isDigest } from '../../model/digest.ts'
import { readUnambiguousJson } from '../read-unambiguous-json.ts'
import { publicKeyBytes } from '../sigstore/read-public-key.ts'

const base64 = v.pipe(v.string(), v.base64(), v.nonEmpty())
const fields = {
  digest: v.pipe(
    v.string(),
    v.check(isDigest),
    v.transform(text => text as Digest), // checked
  ),
  keyRef: v.string(),
  keyID: v.string(),
  algorithm: v.string(),
  signature: base64,
  signedAt: v.string(),
}

/** A file that s3lo keeps with a tag, as its page on `s3lo sign` has it, and since its version 3 without the payload. */
const document = v.variant('schemaVersion', [
  v.object({ schemaVersion: v.literal(1), ...fields, payload: base64 }),
  v.object({ schemaVersion: v.literal(2), ...fields }),
])

export type SignatureRecord = v.InferOutput<typeof document>

/** @throws LadingError `untrusted`: whoever can write to the bucket has written it */
export function parseSignatureRecord(bytes: Uint8Array): SignatureRecord {
  try {
    return v.parse(document, readUnambiguousJson(bytes))
  } catch (cause) {
    throw new LadingError('untrusted', 'the file is no signature in a form of s3lo that is known', { cause })
  }
}

/** What s3lo calls a key, and its file: the beginning of the digest of the key itself. */
export function keySlug(key: KeyObject): string {
  return createHash('sha256').update(publicKeyBytes(key)).digest('hex').slice(0, 16)
}
