import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto'

interface SignedBy {
  readonly privateKey: KeyObject
  readonly digest: string
  /** `BUCKET/IMAGE:TAG`: the form that is bound to it. Absent: the first form, over the digest alone. */
  readonly place?: string
}

/** A signature as s3lo writes it (its page "sign", and for version 2 its releases since 3): the name of the file, and its fields. */
export function s3loSignature({ privateKey, digest, place }: SignedBy) {
  const payload = Buffer.from(place === undefined ? `${digest}\n` : ['s3lo-signature-v2', place, digest, ''].join('\n'))
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  const keyID = createHash('sha256').update(der).digest('hex').slice(0, 16)
  const record = {
    schemaVersion: place === undefined ? 1 : 2,
    digest,
    keyRef: 'awskms:///alias/release-signer',
    keyID,
    algorithm: privateKey.asymmetricKeyType === 'rsa' ? 'RSA_PKCS1_SHA_256' : 'ECDSA_SHA_256',
    signature: sign('sha256', payload, privateKey).toString('base64'),
    ...(place === undefined ? { payload: payload.toString('base64') } : {}),
    signedAt: '2026-04-12T19:21:10Z',
  }
  return { name: `${keyID}.json`, record }
}
