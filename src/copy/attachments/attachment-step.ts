import type { Descriptor } from '../../model/descriptor.ts'
import { type Digest, digestOf } from '../../model/digest.ts'
import { mergeSignatureImages } from '../../transform/index.ts'
import type { Attachment, ImageDestination } from '../../transports/index.ts'
import type { ManifestReader } from '../manifest-reader.ts'
import type { FoundAttachment } from './find-attachments.ts'

/** What is to be attached at the destination. */
export interface AttachmentStep {
  /** As the source has it. */
  readonly found: FoundAttachment
  readonly attachment: Attachment
  /** Where it is put together of what is there and what comes: its bytes, and its config. */
  readonly made?: {
    readonly bytes: Uint8Array
    readonly config: { readonly descriptor: Descriptor; readonly bytes: Uint8Array }
  }
}

export async function attachedThere(
  subject: Digest,
  destination: ImageDestination,
  signal: AbortSignal,
): Promise<readonly Attachment[]> {
  const there: Attachment[] = []
  for await (const one of destination.attachments?.(subject, signal) ?? []) there.push(one)
  return there
}

/** Compares what was found with what is there; `undefined`: there is nothing to attach. */
export async function attachmentStep(
  found: FoundAttachment,
  there: readonly Attachment[],
  destination: ImageDestination,
  reader: ManifestReader,
  signal: AbortSignal,
): Promise<AttachmentStep | undefined> {
  const { attachment } = found
  const same = there.find(other => isSamePlace(other, attachment))
  if (attachment.by === 'referrer') return same === undefined ? { found, attachment } : undefined
  if (same === undefined) return { found, attachment: { ...attachment, replaces: 'absent' } }
  if (same.node.digest === attachment.node.digest) return undefined
  const replacing = { ...attachment, replaces: same.node.digest }
  const theirs = mergedTag.test(attachment.tag) ? await destination.manifest(same.node, signal) : undefined
  if (theirs === undefined) return { found, attachment: replacing }
  const merged = mergeSignatureImages(theirs, await reader.read(attachment.node, signal))
  if (merged === 'ours') return { found, attachment: replacing }
  if (merged === 'theirs') return undefined
  const { manifest: bytes, config } = merged
  const { mediaType } = same.node
  const node = { ...attachment.node, mediaType, digest: digestOf(bytes), size: bytes.byteLength }
  return { found, attachment: { ...replacing, node }, made: { bytes, config } }
}

/** An SBOM takes the place of the one that is there: cosign reads one. */
const mergedTag = /\.(?:sig|att)$/

function isSamePlace(one: Attachment, other: Attachment): boolean {
  if (one.by === 'tag') return other.by === 'tag' && one.tag === other.tag
  return other.by === 'referrer' && one.node.digest === other.node.digest
}
