import { LadingError } from '../../errors/index.ts'
import { version } from '../../version.ts'
import type { ImageSigner } from '../image-signer.ts'
import { signatureAnnotations } from './annotations.ts'
import { formatPublicKey } from './read-public-key.ts'
import type { RekorLog } from './rekor-log.ts'
import { formatRekorSet } from './rekor-set.ts'
import { formatPayload, payloadMediaType } from './signature-payload.ts'
import type { SigningIdentity } from './signing-identity.ts'

export interface ImageSignerOptions {
  /** Where each signature is entered. */
  readonly rekor?: RekorLog | undefined
  /** What is signed beside the digest, as cosign's `--annotations`. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/** Signs images as `cosign sign` does for a `.sig` tag, and the containers tools with `--sign-by-sigstore`. */
export function sigstoreImageSigner(
  { signer, certificate }: SigningIdentity,
  { rekor, annotations: said }: ImageSignerOptions = {},
): ImageSigner {
  return {
    name: signer.name,
    format: 'sigstore',
    async sign({ digest, identity }, signal) {
      if (identity === '') throw new LadingError('bad-argument', 'a signature is for a reference, and there is none')
      const payload = formatPayload(
        { manifestDigest: digest, dockerReference: identity },
        { creator: `lading ${version}`, timestamp: Math.floor(Date.now() / 1000), ...said },
      )
      const signature = await signer.sign(payload, signal)
      const annotations: Record<string, string> = {
        [signatureAnnotations.signature]: Buffer.from(signature).toString('base64'),
      }
      if (certificate !== undefined) {
        annotations[signatureAnnotations.certificate] = certificate.leaf
        annotations[signatureAnnotations.chain] = certificate.chain
      }
      if (rekor !== undefined) {
        const verifier = certificate?.leaf ?? formatPublicKey(await signer.publicKey(signal))
        const entry = await rekor.enterHash({ signature, content: payload, verifier }, signal)
        annotations[signatureAnnotations.bundle] = formatRekorSet(entry)
      }
      return { format: 'sigstore', mediaType: payloadMediaType, payload, annotations }
    },
  }
}
