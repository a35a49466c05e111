import type { SignatureVerifiers } from './signature-verifiers.ts'

/** The cryptography, each part loaded when a signature of its kind is looked at. */
export const defaultVerifiers: SignatureVerifiers = {
  async simple(signature, keys) {
    const { verifySimpleSignature } = await import('../simple-signing/verify-simple-signature.ts')
    return await verifySimpleSignature(signature, { keys })
  },
  async sigstore(signature, trust) {
    const { verifyAttachment } = await import('../sigstore/verify-attachment.ts')
    return await verifyAttachment(signature, trust)
  },
}
