import type { TransparencyLogEntry } from '@sigstore/bundle'
import { type ErrorCode, isLadingError, LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'
import type { Attachment, ImageSource } from '../../transports/index.ts'
import { signatureAnnotations } from './annotations.ts'
import { readBundleManifest } from './bundle-manifest.ts'
import { readCertificates } from './certificate-chain.ts'
import { readAttached } from './read-attached.ts'
import { readRekorSet } from './rekor-set.ts'
import { readSignatureImage, signatureTag } from './signature-image.ts'
import { parsePayload, payloadMediaType } from './signature-payload.ts'
import type { SignerTrust, VerifiedSigner } from './signer-trust.ts'
import { verifyBundle } from './verify-bundle.ts'
import { verifySigned } from './verify-signed.ts'

/** A signature that is attached to an image. */
export type FoundSignature = {
  /** In what form: in cosign's `.sig` image, or as a bundle that refers to the image. */
  readonly form: 'attachment' | 'bundle'
  /** The manifest that it is attached by. */
  readonly manifest: Digest
  /** The payload or bundle itself. */
  readonly digest: Digest
} & (
  | {
      readonly valid: true
      readonly signer: VerifiedSigner
      /** The reference that it is for, where it says one. */
      readonly dockerReference?: string | undefined
    }
  /** Why it does not count. */
  | { readonly valid: false; readonly error: LadingError }
)

/** More is attached to no image; whoever can attach decides how long this takes. */
const mostSignatures = 1000

/**
 * Every signature that is attached to a manifest or index, with whether it is valid and of that image. What is attached and is no signature
 * is passed over, an attestation too.
 *
 * One that is listed and is broken or not there is not valid, and takes no other with it.
 *
 * @throws LadingError `bad-config` for trust that cannot be used, and what reading throws
 */
export async function* verifyImageSignatures(
  source: ImageSource,
  subject: Digest,
  trust: SignerTrust,
  signal?: AbortSignal,
): AsyncIterable<FoundSignature> {
  let found = 0
  for await (const attachment of source.attachments?.(subject, signal) ?? []) {
    for await (const one of signaturesOf(source, attachment, subject, signal)) {
      if (++found > mostSignatures) {
        throw new LadingError('too-large', `more than ${mostSignatures} signatures are attached to the image`, {
          subject,
        })
      }
      yield await judge(one, trust)
    }
  }
}

interface Candidate {
  readonly form: FoundSignature['form']
  readonly manifest: Digest
  readonly digest: Digest
  verify(trust: SignerTrust): Promise<{ readonly signer: VerifiedSigner; readonly dockerReference?: string }>
}

async function judge({ form, manifest, digest, verify }: Candidate, trust: SignerTrust): Promise<FoundSignature> {
  try {
    return { form, manifest, digest, valid: true, ...(await verify(trust)) }
  } catch (error) {
    if (!isLadingError(error, 'untrusted')) throw error
    return { form, manifest, digest, valid: false, error }
  }
}

/** What is wrong with something that is attached: it is no signature then, and says nothing of others. */
const ownFaults: readonly ErrorCode[] = [
  'bad-manifest',
  'blob-not-found',
  'digest-mismatch',
  'image-not-found',
  'size-mismatch',
  'too-large',
]

async function* signaturesOf(
  source: ImageSource,
  attachment: Attachment,
  subject: Digest,
  signal: AbortSignal | undefined,
): AsyncIterable<Candidate> {
  const { by, node } = attachment
  if (node.kind !== 'manifest' || (by === 'tag' && attachment.tag !== signatureTag(subject))) return
  const about = { form: by === 'tag' ? 'attachment' : 'bundle', manifest: node.digest } as const
  const broken = (digest: Digest, { message }: LadingError): Candidate => ({
    ...about,
    digest,
    verify: () => Promise.reject(new LadingError('untrusted', `it cannot be read: ${message}`)),
  })
  const manifest = await orFault(async () => {
    const bytes = await readAttached(source, node, signal)
    return by === 'tag' ? readSignatureImage(bytes) : readBundleManifest(bytes)
  })
  if (manifest instanceof LadingError) {
    yield broken(node.digest, manifest)
    return
  }
  for (const layer of manifest) {
    if (by === 'tag' && layer.mediaType !== payloadMediaType) continue
    const content = await orFault(() => readAttached(source, layer, signal))
    if (content instanceof LadingError) yield broken(layer.digest, content)
    else
      yield {
        ...about,
        digest: layer.digest,
        verify: trust => verifyContent(about.form, layer, content, subject, trust),
      }
  }
}

async function orFault<T>(read: () => Promise<T>): Promise<T | LadingError> {
  try {
    return await read()
  } catch (error) {
    if (isLadingError(error) && ownFaults.includes(error.code)) return error
    throw error
  }
}

async function verifyContent(
  form: Candidate['form'],
  layer: Node,
  content: Uint8Array,
  subject: Digest,
  trust: SignerTrust,
) {
  if (form === 'attachment') return await verifyLayer(layer, content, subject, trust)
  return { signer: (await verifyBundle(content, subject, trust)).signer }
}

/** One of cosign's `.sig` image, by the same checks as a bundle. */
async function verifyLayer({ annotations = {} }: Node, payload: Uint8Array, subject: Digest, trust: SignerTrust) {
  const { signature, bundle, certificate } = Object.fromEntries(
    Object.entries(signatureAnnotations).map(([name, key]) => [name, annotations[key]]),
  ) as Partial<Record<keyof typeof signatureAnnotations, string>>
  const refuse = (message: string) => new LadingError('untrusted', message)
  if (signature === undefined) throw refuse(`the signature comes without ${signatureAnnotations.signature}`)
  const certificates = certificate === undefined ? [] : readCertificates(certificate)
  if (certificates.length > 1) throw refuse('the signature comes with several certificates')
  const tlogEntries: TransparencyLogEntry[] = bundle === undefined ? [] : [readRekorSet(bundle)]
  const signer = await verifySigned(
    {
      bytes: payload,
      content: payload,
      signature: Buffer.from(signature, 'base64'),
      certificate: certificates[0]?.raw,
      tlogEntries,
      timestamps: tlogEntries.map(tlogEntry => ({ $case: 'transparency-log', tlogEntry })),
    },
    trust,
  )
  const { manifestDigest, dockerReference } = parsePayload(payload)
  if (manifestDigest !== subject) throw refuse('the signature is of another image')
  return { signer, dockerReference }
}
