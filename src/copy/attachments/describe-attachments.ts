import { isLadingError } from '../../errors/index.ts'
import type { Digest } from '../../model/digest.ts'
import { type AttachmentKind, attachmentKind } from './attachment-kind.ts'
import { type AttachmentSearch, findAttachments } from './find-attachments.ts'

/** A manifest that is attached to an image, to one of its platforms, or to what is attached to it. */
export interface AttachedDescription {
  readonly subject: Digest
  /** What it says that it is. Nothing of it is verified. */
  readonly kind: AttachmentKind
  readonly digest: Digest
  readonly mediaType: string
  readonly size: number
  readonly artifactType?: string
  /** Where it is attached by a tag. */
  readonly tag?: string
}

export interface AttachedDescriptions {
  readonly attached: readonly AttachedDescription[]
  /** Why there may be more. */
  readonly attachedProblem?: string
}

/** What is attached to these manifests, as far as it can be seen. */
export async function describeAttachments(
  subjects: Iterable<Digest>,
  search: Omit<AttachmentSearch, 'listen'>,
): Promise<AttachedDescriptions> {
  const problems: string[] = []
  const listen: AttachmentSearch['listen'] = event => {
    if (event.type === 'warning') problems.push(event.message)
  }
  try {
    const found = await findAttachments(subjects, { ...search, listen })
    const attached = found.map(({ subject, attachment }) => {
      const { digest, mediaType, size, artifactType } = attachment.node
      return {
        subject,
        kind: attachmentKind(attachment),
        digest,
        mediaType,
        size,
        ...(artifactType === undefined ? {} : { artifactType }),
        ...(attachment.by === 'tag' ? { tag: attachment.tag } : {}),
      }
    })
    return { attached, ...(problems[0] === undefined ? {} : { attachedProblem: problems[0] }) }
  } catch (error) {
    if (search.signal?.aborted || !isLadingError(error)) throw error
    return { attached: [], attachedProblem: error.message }
  }
}
