import type { KeyObject } from 'node:crypto'
import { LadingError } from '../../errors/index.ts'
import type { Digest } from '../../model/digest.ts'
import { isSignedBy } from '../sigstore/signature-scheme.ts'
import { parseSignatureRecord, type SignatureRecord } from './signature-record.ts'

/** What a signature of s3lo has to be of. */
export interface SignedTag {
  /** As s3lo calls it: the name of the bucket, or the path of a local one as it is typed. */
  readonly bucket: string
  readonly image: string
  readonly tag: string
  /** What the tag holds. */
  readonly digest: Digest
}

export interface VerifiedRecord {
  /** Which of the keys has made it. */
  readonly key: KeyObject
  /**
   * Whether it is of this bucket, image and tag. Where it is not, it is of the digest alone, and whoever can write to the bucket can put
   * it and its image under any name.
   */
  readonly isBound: boolean
  /** When it was made, as the file says: that is not signed. */
  readonly signedAt: string
}

/**
 * Checks a signature that s3lo keeps with a tag. What is signed is made anew of what is looked at, and nothing of the file is taken for it.
 *
 * @throws LadingError `untrusted`
 */
export function verifySignatureRecord(bytes: Uint8Array, of: SignedTag, keys: readonly KeyObject[]): VerifiedRecord {
  const record = parseSignatureRecord(bytes)
  const isBound = record.schemaVersion === 2
  if (record.digest !== of.digest) {
    throw refusal(`the tag has changed since: ${record.digest} was signed`)
  }
  const payload = Buffer.from(isBound ? boundPayload(of) : `${of.digest}\n`)
  if (record.schemaVersion === 1 && !Buffer.from(record.payload, 'base64').equals(payload)) {
    throw refusal('what the file calls its payload is something else than the digest')
  }
  const signature = Buffer.from(record.signature, 'base64')
  const key = keys.find(one => isSignedBy(one, payload, signature))
  if (key === undefined) throw refusal(whyNot(record, of))
  return { key, isBound, signedAt: record.signedAt }
}

/** What s3lo signs since its version 3. */
export function boundPayload({ bucket, image, tag, digest }: SignedTag): string {
  return `s3lo-signature-v2\n${bucket}/${image}:${tag}\n${digest}\n`
}

function whyNot({ schemaVersion }: SignatureRecord, { bucket, image, tag }: SignedTag): string {
  return schemaVersion === 1
    ? 'no trusted key has made the signature'
    : `no trusted key has made the signature for ${bucket}/${image}:${tag}; it may be another key's, or have been moved here`
}

function refusal(message: string): LadingError {
  return new LadingError('untrusted', message)
}
