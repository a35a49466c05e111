import { createPublicKey } from 'node:crypto'
import { isLadingError, LadingError } from '../../errors/index.ts'
import { readTagSignatures } from '../../layout/index.ts'
import type { Digest } from '../../model/digest.ts'
import { openBucket } from '../../transports/bucket/open-bucket.ts'
import type { BucketReference } from '../../transports/bucket/reference.ts'
import type { TransportContext } from '../../transports/index.ts'
import { type SignedTag, verifySignatureRecord } from '../../trust/s3lo/verify-record.ts'
import { publicKeyBytes } from '../../trust/sigstore/index.ts'
import type { VerificationTrust } from './verification-trust.ts'
import type { ImageSignatureReport } from './verify-options.ts'

/** The signatures that s3lo keeps with the tag of a bucket. Of an image that is named by its digest alone there are none. */
export async function* s3loSignatures(
  reference: BucketReference,
  digest: Digest,
  trust: VerificationTrust,
  context: TransportContext,
): AsyncGenerator<ImageSignatureReport, void, undefined> {
  const { tag } = reference
  if (tag === undefined) return
  const { store, path: image } = await openBucket(reference, { what: 'image', create: false }, context)
  await using _ = store
  const of = { bucket: bucketName(reference, image), image, tag, digest }
  for await (const { name, bytes } of readTagSignatures(store, image, tag, context.signal)) {
    yield { form: 's3lo', file: name, ...judge(bytes, of, trust) }
  }
}

/** The words that stand before the image, as s3lo splits a reference: of a directory, its path as it is typed. */
function bucketName({ root, path }: BucketReference, image: string): string {
  return root ?? path.slice(0, -`/${image}`.length)
}

function judge(
  bytes: Uint8Array | undefined,
  of: SignedTag,
  { keys }: VerificationTrust,
): Pick<ImageSignatureReport, 'valid' | 'reason' | 'key' | 'bound' | 'signedAt'> {
  try {
    if (bytes === undefined) throw new LadingError('untrusted', 'the file is larger than any signature of s3lo')
    const known = keys.map(({ name, pem }) => ({ name, key: createPublicKey(pem) }))
    if (known.length === 0) throw new LadingError('untrusted', 'it is signed by a key, and a certificate is asked for')
    const { key, isBound, signedAt } = verifySignatureRecord(
      bytes,
      of,
      known.map(one => one.key),
    )
    const name = known.find(one => publicKeyBytes(one.key).equals(publicKeyBytes(key)))?.name
    return { valid: true, ...(name === undefined ? {} : { key: name }), bound: isBound, signedAt }
  } catch (error) {
    if (!isLadingError(error, 'untrusted')) throw error
    return { valid: false, reason: error.message }
  }
}
