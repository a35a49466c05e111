import { LadingError } from '../../errors/index.ts'
import { tagKeys } from '../../layout/index.ts'
import type { Digest } from '../../model/digest.ts'
import type { Reference, TransportContext } from '../../transports/index.ts'
import { makeSignatureRecord } from '../../trust/s3lo/make-record.ts'
import type { NamedSigner } from './named-signer.ts'
import { openS3loTag } from './s3lo-tag.ts'
import type { MadeSignature } from './sign-options.ts'

/**
 * Signs a tag of a bucket as s3lo does, and keeps the signatures with it: one for each key, and a newer one in the place of an older.
 *
 * @throws LadingError `bad-argument` where the reference names no tag of a bucket
 */
export async function keepS3loSignatures(
  reference: Reference,
  digest: Digest,
  signers: readonly NamedSigner[],
  context: TransportContext,
): Promise<MadeSignature[]> {
  await using opened = await openS3loTag(reference, digest, context)
  if (opened === undefined) {
    throw new LadingError('bad-argument', 's3lo keeps signatures with a tag of a bucket, and this is none', {
      operation: 'sign',
      hint: 'name it as SCHEME://BUCKET/IMAGE:TAG, or attach the signature as a referrer',
    })
  }
  const { store, of } = opened
  const { signatures } = tagKeys(of.image, of.tag)
  const made: MadeSignature[] = []
  for (const { identity, name: key, keyDigest } of signers) {
    const { name, bytes } = await makeSignatureRecord(of, identity.signer, context.signal)
    await store.put(`${signatures}${name}`, bytes, { signal: context.signal })
    made.push({ subject: digest, key, keyDigest, file: name })
  }
  return made
}
