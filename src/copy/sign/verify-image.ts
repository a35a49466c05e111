import type { VerifyOptions, VerifyResult } from './verify-options.ts'

/**
 * Looks for the signatures of what the reference resolves to: bundles of sigstore, cosign's `.sig` tag, and in a bucket what s3lo keeps with the tag. Each
 * is told, with whether it is valid or why not. The image is verified where every key that is named has made a valid one.
 *
 * That there is none, or none that is valid, is an answer and no error.
 *
 * @example
 * const { verified } = await verifyImage('local://./images/hello:signed', { keys: ['env://PUBLIC_KEY'] })
 * if (!verified) throw new Error('who has pushed this?')
 *
 * How the place is reached is said for the source.
 *
 * @throws LadingError `bad-argument` where nobody is named who must have signed; `bad-key`, `bad-config`; `image-not-found`; what the place
 * and the services of the keys throw
 */
export async function verifyImage(reference: string, options: VerifyOptions): Promise<VerifyResult> {
  // What verifies is loaded by who verifies: an image is copied without it.
  const { runVerification } = await import('./run-verification.ts')
  return await runVerification(reference, options)
}
