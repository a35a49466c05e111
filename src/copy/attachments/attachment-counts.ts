import type { Digest } from '../../model/digest.ts'
import type { Attachment } from '../../transports/index.ts'
import { attachmentKind } from './attachment-kind.ts'

/** How many manifests are attached, by what they say that they are. */
export interface AttachmentCounts {
  readonly signatures: number
  readonly attestations: number
  readonly sboms: number
  readonly others: number
}

/** What became of what is attached to an image, and to its platforms. */
export interface CarriedAttachments {
  /** Attached at the destination by this copy; with `dryRun`, what would be. */
  readonly copied: AttachmentCounts
  /** Attached there already. */
  readonly present: AttachmentCounts
  /** What is attached to manifests that the destination has not: to those that were written anew, or all of it where the destination keeps none. */
  readonly leftOut: readonly LeftOutAttachments[]
}

export interface LeftOutAttachments extends AttachmentCounts {
  /** What they are attached to at the source. */
  readonly subject: Digest
}

export function countAttachments(attachments: readonly Attachment[]): AttachmentCounts {
  const kinds = attachments.map(attachmentKind)
  const count = (wanted: (typeof kinds)[number]) => kinds.filter(kind => kind === wanted).length
  return {
    signatures: count('signature'),
    attestations: count('attestation'),
    sboms: count('sbom'),
    others: count('other'),
  }
}
