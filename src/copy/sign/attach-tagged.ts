import { isLadingError, LadingError } from '../../errors/index.ts'
import { cosignTags } from '../../model/attachment-tags.ts'
import type { Node } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'
import type { Attachment, ImageSource } from '../../transports/index.ts'
import type { ImageSignature } from '../../trust/image-signature.ts'
import { appendSignatures, pushAttached, signatureTag, sigstoreImageSigner } from '../../trust/sigstore/index.ts'
import { readAttached } from '../../trust/sigstore/read-attached.ts'
import type { NamedSigner } from './named-signer.ts'
import type { SignablePlace } from './open-signable.ts'
import type { MadeSignature, SignOptions } from './sign-options.ts'
import type { Witnesses } from './witnesses.ts'

type SigstoreSignature = Extract<ImageSignature, { format: 'sigstore' }>

/** How often the tag is written where somebody else signs at the same time. No registry writes a tag under a condition. */
const attempts = 10

/**
 * Signs the manifest as cosign 2 does: one image of signatures under a tag that is made of the digest. What is there stays: it is read,
 * added to, written, and read again.
 *
 * @throws LadingError `precondition-failed` where others write it all the time
 */
export async function attachTagged(
  { source, destination }: SignablePlace,
  subject: Node,
  signers: readonly NamedSigner[],
  { rekor }: Witnesses,
  { annotations, identity: reference, signal }: SignOptions & { readonly identity: string },
): Promise<MadeSignature[]> {
  if (!cosignTags(subject.digest).includes(signatureTag(subject.digest))) {
    throw new LadingError('unsupported', 'a digest of sha512 is too long for a tag of signatures', {
      operation: 'sign',
      subject: subject.digest,
      hint: 'attach the signature as a referrer',
    })
  }
  const signatures: SigstoreSignature[] = []
  for (const { identity } of signers) {
    const made = await sigstoreImageSigner(identity, { rekor, annotations }).sign(
      { digest: subject.digest, identity: reference },
      signal,
    )
    if (made.format === 'sigstore') signatures.push(made)
  }
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const existing = await readTagged(source, subject.digest, signal)
    const attached = appendSignatures(subject.digest, existing?.bytes, signatures)
    const { digest } = attached.attachment.node
    // A place that can replaces only what was read, so nobody's signature is lost.
    const attachment = { ...attached.attachment, replaces: existing?.node.digest ?? ('absent' as const) }
    try {
      if (existing?.node.digest !== digest)
        await pushAttached(destination, subject.digest, { ...attached, attachment }, signal)
    } catch (error) {
      if (isLadingError(error, 'precondition-failed') || isLadingError(error, 'tag-exists')) continue
      throw error
    }
    const kept = await findTagged(source, subject.digest, signal)
    if (kept?.node.digest === digest) {
      return signers.map(({ name, keyDigest }) => ({
        subject: subject.digest,
        key: name,
        keyDigest,
        manifest: digest,
      }))
    }
  }
  throw new LadingError('precondition-failed', 'somebody else writes signatures of this image at the same time', {
    operation: 'sign',
    subject: signatureTag(subject.digest),
    hint: 'sign it again',
  })
}

async function readTagged(source: ImageSource, subject: Digest, signal: AbortSignal | undefined) {
  const there = await findTagged(source, subject, signal)
  return there === undefined ? undefined : { ...there, bytes: await readAttached(source, there.node, signal) }
}

async function findTagged(
  source: ImageSource,
  subject: Digest,
  signal: AbortSignal | undefined,
): Promise<Attachment | undefined> {
  for await (const attachment of source.attachments?.(subject, signal) ?? []) {
    if (attachment.by === 'tag' && attachment.tag === signatureTag(subject)) return attachment
  }
  return undefined
}
