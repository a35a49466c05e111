import { LadingError } from '../../errors/index.ts'
import type { Signer } from '../signer.ts'
import { keySlug, type SignatureRecord } from './signature-record.ts'
import { boundPayload, type SignedTag } from './verify-record.ts'

/** OpenSSL's name of P-256. */
const p256 = 'prime256v1'

/**
 * Signs a tag as s3lo does since its version 3: bound to the bucket, the image, the tag and the digest.
 *
 * @returns the file and its name
 * @throws LadingError `bad-key` for a kind of key that s3lo does not verify with
 */
export async function makeSignatureRecord(
  of: SignedTag,
  signer: Signer,
  signal?: AbortSignal,
): Promise<{ readonly name: string; readonly bytes: Uint8Array }> {
  const key = await signer.publicKey(signal)
  const isRsa = key.asymmetricKeyType === 'rsa'
  if (!isRsa && key.asymmetricKeyDetails?.namedCurve !== p256) {
    throw new LadingError('bad-key', 's3lo verifies signatures of ECDSA on P-256 and of RSA alone', {
      operation: 'use key',
      subject: signer.name,
      hint: 'sign with --attach referrer',
    })
  }
  const signature = await signer.sign(Buffer.from(boundPayload(of)), signal)
  const slug = keySlug(key)
  const record: SignatureRecord = {
    schemaVersion: 2,
    digest: of.digest,
    keyRef: signer.name,
    keyID: slug,
    algorithm: isRsa ? 'RSA_PKCS1_SHA_256' : 'ECDSA_SHA_256',
    signature: Buffer.from(signature).toString('base64'),
    signedAt: `${new Date().toISOString().slice(0, 19)}Z`,
  }
  return { name: `${slug}.json`, bytes: Buffer.from(JSON.stringify(record)) }
}
