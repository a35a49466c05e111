import { createPublicKey } from 'node:crypto'
import { isLadingError, LadingError } from '../../errors/index.ts'
import { readTagSignatures } from '../../layout/index.ts'
import { type SignedTag, verifySignatureRecord } from '../../trust/s3lo/verify-record.ts'
import { publicKeyBytes } from '../../trust/sigstore/index.ts'
import type { OpenedTag } from './s3lo-tag.ts'
import type { VerificationTrust } from './verification-trust.ts'
import type { ImageSignatureReport } from './verify-options.ts'

/** The signatures that s3lo keeps with the tag. */
export async function* s3loSignatures(
  { store, of }: OpenedTag,
  trust: VerificationTrust,
  signal: AbortSignal | undefined,
): AsyncGenerator<ImageSignatureReport, void, undefined> {
  for await (const { name, bytes } of readTagSignatures(store, of.image, of.tag, signal)) {
    yield { form: 's3lo', file: name, ...judge(bytes, of, trust) }
  }
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
