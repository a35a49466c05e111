import type { Node } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'
import { bytesOf } from '../../streams/index.ts'
import type { Attachment, ImageDestination } from '../../transports/index.ts'

/** A manifest that is to be attached to an image, with all that it names. */
export interface AttachedManifest {
  readonly attachment: Attachment
  readonly bytes: Uint8Array
  readonly blobs: readonly { readonly node: Node; readonly bytes: Uint8Array }[]
}

/** Stores what is attached, and attaches it. The destination MUST be one that has `attach`. */
export async function pushAttached(
  destination: ImageDestination,
  subject: Digest,
  { attachment, bytes, blobs }: AttachedManifest,
  signal?: AbortSignal,
): Promise<void> {
  for (const blob of blobs) {
    if (!(await destination.has(blob.node, signal))) await destination.push(blob.node, bytesOf(blob.bytes), signal)
  }
  await destination.attach?.(subject, attachment, bytes, signal)
}
