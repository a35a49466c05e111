import type { PartialConfig, PublicKey } from 'openpgp'
import { LadingError } from '../../errors/index.ts'
import { openSignedMessage, type SignedMessage } from './open-signed-message.ts'
import { readPublicKeys } from './read-public-keys.ts'
import { parseSimplePayload, type SimplePayload } from './simple-payload.ts'

/** Whose keys are trusted. */
export interface SimpleTrust {
  /** Keyrings: exported keys, armored or binary. */
  readonly keys: readonly Uint8Array[]
  /** What time it is. Default: now. */
  readonly now?: Date | undefined
}

/** What a signature says that is good. Whether that is about this image, and by somebody who may say so, is for who asked. */
export interface VerifiedSignature extends SimplePayload {
  /** Of the key that signed, which may be a subkey: as GnuPG writes it, in upper case. */
  readonly fingerprint: string
  /** Of the primary key that it belongs to. */
  readonly primaryFingerprint: string
}

/**
 * Verifies a simple signature (containers-signature(5)): that one of these keys made it, which is neither expired nor revoked now, and that
 * what it signs is read in one way.
 *
 * MUST be followed by a comparison of the digest and the name with those of the image.
 *
 * @throws LadingError `untrusted` where it is not good; `bad-manifest` where it is no such signature; `bad-config` of a keyring
 */
export async function verifySimpleSignature(
  bytes: Uint8Array,
  { keys, now = new Date() }: SimpleTrust,
): Promise<VerifiedSignature> {
  const message = openSignedMessage(bytes)
  const trusted = await readPublicKeys(keys)
  const signer = await findSigner(message, trusted, now)
  return { ...parseSimplePayload(message.content), ...signer }
}

/**
 * Who signed, by the long key ID that the signature names. Nothing of it is verified, and some signatures name nobody.
 *
 * @throws LadingError `bad-manifest`
 */
export async function unverifiedSigner({ signature }: SignedMessage): Promise<string> {
  const { keyIds } = await readSignatureOf(signature)
  return keyIds[0]?.toUpperCase() ?? ''
}

type Signer = Pick<VerifiedSignature, 'fingerprint' | 'primaryFingerprint'>

async function findSigner(message: SignedMessage, trusted: readonly PublicKey[], now: Date): Promise<Signer> {
  const { createMessage, verify } = await import('openpgp')
  const { signature, keyIds, isBinary } = await readSignatureOf(message.signature)
  if (!isBinary) throw refusal('it is of another kind than a signature of bytes')
  let why: unknown
  let mayBe = 0
  for (const key of trusted) {
    const signing = key.getKeys().find(one => keyIds.includes(one.getKeyID().toHex()))
    if (signing === undefined) continue
    mayBe += 1
    try {
      const content = await createMessage({ binary: message.content })
      const options = {
        message: content,
        signature,
        verificationKeys: key,
        date: now,
        format: 'binary',
        config,
      } as const
      const { signatures } = await verify(options)
      const [only, ...others] = signatures
      if (only === undefined || others.length > 0) throw new Error('it is not one signature')
      await only.verified
      // The library asks whether the key was good when it signed; GnuPG, and so everybody here, whether it is now.
      await key.verifyPrimaryKey(now, undefined, { ...(await wholeConfig()), ...config })
      const used = await key.getSigningKey(only.keyID, now, undefined, { ...(await wholeConfig()), ...config })
      return { fingerprint: hex(used.getFingerprint()), primaryFingerprint: hex(key.getFingerprint()) }
    } catch (error) {
      why = error
    }
  }
  if (mayBe === 0)
    throw refusal(`none of the trusted keys made it, but ${keyIds[0]?.toUpperCase() || 'an unnamed one'}`)
  throw refusal(why instanceof Error ? why.message : String(why), why)
}

/**
 * What GnuPG 2.2, and so skopeo, accepts: DSA, short RSA keys, curves of every kind, signatures over SHA-1; not MD5. Images are verified that
 * were signed years ago, and whoever names a key has decided that it counts.
 */
const config: PartialConfig = {
  minRSABits: 1024,
  rejectPublicKeyAlgorithms: new Set(),
  rejectCurves: new Set(),
  rejectHashAlgorithms: new Set([1]),
  rejectMessageHashAlgorithms: new Set([1]),
  // A key that was renewed since: that it is good now is asked all the same.
  allowInsecureVerificationWithReformattedKeys: true,
  ignoreUnsupportedPackets: false,
}

async function wholeConfig() {
  return (await import('openpgp')).config
}

async function readSignatureOf(packet: Uint8Array) {
  const { enums, readSignature } = await import('openpgp')
  try {
    const signature = await readSignature({ binarySignature: packet, config })
    const isBinary = signature.packets.every(({ signatureType }) => signatureType === enums.signature.binary)
    return { signature, isBinary, keyIds: signature.getSigningKeyIDs().map(id => id.toHex()) }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new LadingError('bad-manifest', `this is no simple signature: ${why}`, { operation: 'read signature', cause })
  }
}

function hex(fingerprint: string): string {
  return fingerprint.toUpperCase()
}

function refusal(why: string, cause?: unknown): LadingError {
  return new LadingError('untrusted', `the signature is not good: ${why}`, { operation: 'verify signature', cause })
}
