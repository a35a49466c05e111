import type { SignOptions, SignResult } from './sign-options.ts'

/**
 * Signs what the reference resolves to now, and attaches the signatures beside it, in a registry, a bucket or an `oci:` layout. It is
 * resolved once: what is signed is that digest, whatever the tag holds later.
 *
 * A signature is of a digest, and of no tag: it counts wherever the same manifest is.
 *
 * @example
 * import { generateKeyPairSync } from 'node:crypto'
 * const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
 * process.env.KEY = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
 * process.env.PUBLIC_KEY = publicKey.export({ format: 'pem', type: 'spki' }).toString()
 *
 * await copyImage('oci:examples/hello:v1', 'local://./images/hello:signed')
 * await signImage('local://./images/hello:signed', { keys: ['env://KEY'] })
 * const { verified } = await verifyImage('local://./images/hello:signed', { keys: ['env://PUBLIC_KEY'] })
 *
 * How the place is reached is said for the destination.
 *
 * @throws LadingError `bad-argument` where nobody is named to sign; `bad-key`; `unsupported` where nothing can be attached;
 * `image-not-found`
 */
export async function signImage(reference: string, options: SignOptions): Promise<SignResult> {
  // What signs is loaded by who signs: an image is copied without it.
  const { runSigning } = await import('./run-signing.ts')
  return await runSigning(reference, options)
}
