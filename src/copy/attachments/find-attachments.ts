import { isLadingError, LadingError } from '../../errors/index.ts'
import { isManifestNode, type Node } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'
import { limits } from '../../model/limits.ts'
import { referrerDescriptor } from '../../model/referrer-descriptor.ts'
import type { Attachment, ImageSource } from '../../transports/index.ts'
import type { CopyListener } from '../events.ts'
import type { ManifestReader } from '../manifest-reader.ts'
import { parseNode } from '../parse-node.ts'
import { createWorkGroup } from '../work-group.ts'
import { attachmentError } from './attachment-error.ts'

/** What is attached to a manifest of the source. Its own manifest is read, and says so. */
export interface FoundAttachment {
  readonly subject: Digest
  readonly attachment: Attachment
  /** 0: to the image itself; 1: to what is attached to that. */
  readonly depth: number
}

export interface AttachmentSearch {
  readonly source: ImageSource
  readonly reader: ManifestReader
  readonly listen: CopyListener
  readonly signal: AbortSignal | undefined
}

/** Manifests that are asked about at once. Each is some requests, which the HTTP layer bounds for a host. */
const subjectsAtOnce = 8

/**
 * Everything that is attached to these manifests, and what is attached to that.
 *
 * Whoever may not look is warned of it: most images have nothing attached, and a bucket that may be read and not listed looks so.
 * What was found and cannot be read is an error: an image would arrive without its signature, and nobody would know.
 *
 * @throws LadingError with a hint how to copy the image alone
 */
export async function findAttachments(
  subjects: Iterable<Digest>,
  { source, reader, listen, signal }: AttachmentSearch,
): Promise<readonly FoundAttachment[]> {
  const group = createWorkGroup(signal)
  const found = new Map<string, FoundAttachment>()
  const asked = new Set<Digest>()
  let warned = false

  const ask = (subject: Digest, depth: number): void => {
    if (asked.has(subject)) return
    asked.add(subject)
    questions.add({ subject, depth })
  }

  const questions = group.lane<{ subject: Digest; depth: number }>(subjectsAtOnce, async ({ subject, depth }) => {
    try {
      for await (const given of source.attachments?.(subject, group.signal) ?? []) {
        const key = `${subject} ${given.by === 'tag' ? given.tag : given.node.digest}`
        if (found.has(key)) continue
        if (found.size === limits.attachments) throw tooMany(`more than ${limits.attachments} manifests are attached`)
        if (depth > limits.attachmentDepth)
          throw tooMany(`attachments are nested more than ${limits.attachmentDepth} deep`)
        const attachment = await checkedAttachment(subject, given, reader, group.signal)
        found.set(key, { subject, attachment, depth })
        ask(attachment.node.digest, depth + 1)
      }
    } catch (error) {
      if (group.signal.aborted || !isLadingError(error)) throw error
      const mayNotLook = error.code === 'denied' || error.code === 'unauthorized'
      if (!mayNotLook) throw attachmentError(error)
      const message = `what is attached to the image cannot be seen, and is not copied: ${error.message}`
      if (!warned) listen({ type: 'warning', message })
      warned = true
    }
  })

  for (const subject of subjects) ask(subject, 0)
  await group.settled()
  return [...found.values()]
}

function tooMany(message: string): LadingError {
  return new LadingError('too-large', message, { operation: 'look for what is attached', side: 'source' })
}

/** What the list says of an attachment need not be so: its manifest is read, and says what it is and what it belongs to. */
async function checkedAttachment(
  subject: Digest,
  given: Attachment,
  reader: ManifestReader,
  signal: AbortSignal,
): Promise<Attachment> {
  const { digest, mediaType } = given.node
  if (!isManifestNode(given.node)) {
    throw new LadingError(
      'bad-manifest',
      `${digest}, which is listed as attached to ${subject}, is ${mediaType}, and no manifest`,
    )
  }
  const bytes = await reader.read(given.node, signal)
  const manifest = parseNode(given.node, bytes)
  if (given.by === 'tag') return { ...given, node: plainNode(given.node) }
  if (manifest.subject?.digest !== subject) {
    throw new LadingError(
      'bad-manifest',
      `${digest} is listed as attached to ${subject}, and its manifest does not say so`,
    )
  }
  return { by: 'referrer', node: referrerDescriptor(given.node, bytes) }
}

function plainNode({ kind, mediaType, digest, size }: Node): Node {
  return { kind, mediaType, digest, size }
}
