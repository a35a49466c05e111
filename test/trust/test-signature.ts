import { generateKeyPairSync } from 'node:crypto'
import { expect } from 'vitest'
import type { Digest } from '../../src/model/digest.ts'
import type { ImageSignature } from '../../src/trust/image-signature.ts'
import { signatureAnnotations } from '../../src/trust/sigstore/annotations.ts'
import { sigstoreImageSigner } from '../../src/trust/sigstore/image-signer.ts'
import { keySigner } from '../../src/trust/sigstore/key-signer.ts'
import { formatPublicKey } from '../../src/trust/sigstore/read-public-key.ts'
import type { SigningIdentity } from '../../src/trust/sigstore/signing-identity.ts'
import { type SigstoreTrust, verifyAttachment } from '../../src/trust/sigstore/verify-attachment.ts'
import type { TestCertificate } from './test-certificate.ts'
import { testLog } from './test-log.ts'

export type Sigstore = Extract<ImageSignature, { format: 'sigstore' }>

export const digest: Digest = `sha256:${'a'.repeat(64)}`
export const identity = 'registry.example.com/app:v1'
export const claim = { manifestDigest: digest, dockerReference: identity }
export const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
export const own = formatPublicKey(publicKey)
export const other = formatPublicKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey)
export const byKey: SigningIdentity = { signer: keySigner('key', privateKey) }
export const log = testLog()

export async function signatureOf(
  by: SigningIdentity,
  rekor?: Parameters<typeof sigstoreImageSigner>[1],
): Promise<Sigstore> {
  return (await sigstoreImageSigner(by, rekor).sign({ digest, identity })) as Sigstore
}

export function withAnnotations(
  signature: Sigstore,
  changes: Partial<Record<keyof typeof signatureAnnotations, string | undefined>>,
): Sigstore {
  const annotations: Record<string, string> = { ...signature.annotations }
  for (const [name, value] of Object.entries(changes)) {
    const key = signatureAnnotations[name as keyof typeof signatureAnnotations]
    if (value === undefined) delete annotations[key]
    else annotations[key] = value
  }
  return { ...signature, annotations }
}

export async function expectRefusal(signature: Sigstore, trust: SigstoreTrust, message: string): Promise<void> {
  await expect(verifyAttachment(signature, trust)).rejects.toThrow(
    expect.objectContaining({ code: 'untrusted', message: expect.stringContaining(message) }),
  )
}

export const email = 'someone@example.com'
export const issuer = 'https://issuer.example.com'

export function withCertificate(certificate: TestCertificate, ...chain: readonly TestCertificate[]): SigningIdentity {
  return {
    signer: keySigner('key', certificate.key),
    certificate: { leaf: certificate.pem, chain: chain.map(({ pem }) => pem).join('') },
  }
}
