import { openSignedMessage } from './open-signed-message.ts'
import { parseSimplePayload, type SimplePayload } from './simple-payload.ts'
import { unverifiedSigner } from './verify-simple-signature.ts'

/** What a signature claims. */
export interface UnverifiedSignature extends SimplePayload {
  /** The long key ID that it names; empty where it names none. */
  readonly keyId: string
}

/**
 * What a simple signature claims, which nobody has verified. MUST decide nothing but what is shown, or which of two signatures replaces the other.
 *
 * @throws LadingError `bad-manifest`
 */
export async function describeUnverified(bytes: Uint8Array): Promise<UnverifiedSignature> {
  const message = openSignedMessage(bytes)
  return { ...parseSimplePayload(message.content), keyId: await unverifiedSigner(message) }
}
