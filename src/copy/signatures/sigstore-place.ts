import { isLadingError, LadingError } from '../../errors/index.ts'
import type { Digest } from '../../model/digest.ts'
import type { ImageDestination, ImageSource } from '../../transports/index.ts'
import { formatImageSignature, type ImageSignature, parseImageSignature } from '../../trust/image-signature.ts'

export type SigstoreSignature = Extract<ImageSignature, { readonly format: 'sigstore' }>

/** What of these files is signatures of sigstore, and the rest. What nobody can tell is kept as it is. */
export function sortSignatures(files: readonly Uint8Array[]): {
  readonly sigstore: readonly SigstoreSignature[]
  readonly files: readonly Uint8Array[]
} {
  const sigstore: SigstoreSignature[] = []
  const others = files.filter(file => {
    const signature = file[0] === 0 ? parsed(file) : undefined
    if (signature?.format !== 'sigstore') return true
    sigstore.push(signature)
    return false
  })
  return { sigstore, files: others }
}

function parsed(file: Uint8Array): ImageSignature | undefined {
  try {
    return parseImageSignature(file)
  } catch {
    return undefined
  }
}

/** Those of cosign's image of signatures, as files: what the containers tools make of them in places that keep files alone. */
export async function readAttachedAsFiles(
  source: ImageSource,
  manifest: Digest,
  signal: AbortSignal | undefined,
): Promise<Uint8Array[]> {
  const node = await attachedSignatures(source, manifest, signal)
  if (node === undefined) return []
  const { readAttached, readSignatureImage } = await import('../../trust/sigstore/index.ts')
  const files: Uint8Array[] = []
  for (const layer of readSignatureImage(await readAttached(source, node, signal))) {
    const { mediaType, annotations = {} } = layer
    const payload = await readAttached(source, layer, signal)
    files.push(formatImageSignature({ format: 'sigstore', mediaType, payload, annotations }))
  }
  return files
}

/** How often they are added where somebody else adds some at the same time. */
const attempts = 10

/**
 * Adds signatures to cosign's image of them. A place that can replaces only what was read, so nobody's are lost.
 *
 * @throws LadingError `bad-manifest` where something else has its tag
 */
export async function attachSignatures(
  destination: ImageDestination,
  manifest: Digest,
  signatures: readonly SigstoreSignature[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const { appendSignatures, pushAttached } = await import('../../trust/sigstore/index.ts')
  for (let attempt = 1; ; attempt++) {
    const node = await attachedSignatures(destination, manifest, signal)
    const existing = node === undefined ? undefined : await destination.manifest(node, signal)
    const attached = appendSignatures(manifest, existing, signatures)
    if (attached.attachment.node.digest === node?.digest) return
    const attachment = { ...attached.attachment, replaces: node?.digest ?? ('absent' as const) }
    try {
      return await pushAttached(destination, manifest, { ...attached, attachment }, signal)
    } catch (error) {
      const isTaken = isLadingError(error, 'precondition-failed') || isLadingError(error, 'tag-exists')
      if (!isTaken || attempt === attempts) throw error
    }
  }
}

async function attachedSignatures(
  place: Pick<ImageSource, 'attachments'>,
  manifest: Digest,
  signal: AbortSignal | undefined,
) {
  const { signatureTag } = await import('../../trust/sigstore/signature-image.ts')
  const tag = signatureTag(manifest)
  for await (const attachment of place.attachments?.(manifest, signal) ?? []) {
    if (attachment.by === 'tag' && attachment.tag === tag) return attachment.node
  }
  return undefined
}

/**
 * Whether the destination keeps signatures of sigstore as attachments, else as files.
 *
 * @throws LadingError `unsupported` where it keeps them in neither way, or is not configured to and has to be
 */
export async function attachesSignatures(
  destination: ImageDestination,
  onlyConfigured: boolean,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const details = { operation: 'write signatures', subject: destination.name, side: 'destination' } as const
  if (destination.attach !== undefined) {
    if (!onlyConfigured || (await destination.sigstoreAttachments?.(signal)) !== false) return true
    throw new LadingError('unsupported', 'writing sigstore attachments is disabled by configuration', {
      ...details,
      hint: 'permit it with use-sigstore-attachments: true in registries.d',
    })
  }
  if (destination.putSignatures !== undefined) return false
  throw new LadingError('unsupported', `there is no place for signatures in ${destination.name}`, {
    ...details,
    hint: 'registries, buckets, layouts and dir: keep them',
  })
}
