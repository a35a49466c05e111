import type { Node } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'
import type { ImageDestination, ImageSource } from '../../transports/index.ts'
import type { CopyOptions } from '../copy-options.ts'
import type { CopyListener } from '../events.ts'
import type { ManifestReader } from '../manifest-reader.ts'
import type { PreparedImage } from '../prepare-image.ts'
import { type CarriedAttachments, countAttachments, type LeftOutAttachments } from './attachment-counts.ts'
import { attachmentKind } from './attachment-kind.ts'
import { type FoundAttachment, findAttachments } from './find-attachments.ts'
import { manifestsBelow } from './manifests-below.ts'
import { type AttachmentPlan, nothingAttached, planAttachments } from './plan-attachments.ts'

/** What is attached to an image on its way. */
export interface AttachmentCarrier {
  /** Of an image that has its name already: what is attached to its root, and where there is something, to all of it. */
  planUnchanged(root: Node, signal: AbortSignal | undefined): Promise<AttachmentPlan>
  /** Of an image that is copied: what is attached to every manifest of it. */
  plan(image: PreparedImage, signal: AbortSignal | undefined): Promise<AttachmentPlan>
  /** For the result of the copy. */
  result(plan: AttachmentPlan): CarriedAttachments
}

/** `undefined` where nothing travels: it is not wanted, or one of the two places has no attachments. */
export function attachmentCarrier(
  source: ImageSource,
  destination: ImageDestination,
  reader: ManifestReader,
  { referrers = true, dryRun = false, removeSignatures = false }: CopyOptions,
  listen: CopyListener,
): AttachmentCarrier | undefined {
  // A place that keeps images as they are and nothing beside them says so; the others keep not even the manifests.
  const holds = destination.attach !== undefined
  if (!referrers || source.attachments === undefined || !(holds || destination.traits.holdsIndex)) return undefined
  const leftOut: LeftOutAttachments[] = []
  const find = async (subjects: Iterable<Digest>, signal: AbortSignal | undefined) => {
    const found = await findAttachments(subjects, { source, reader, listen, signal })
    return removeSignatures ? withoutSignatures(found) : found
  }
  const compare = (found: readonly FoundAttachment[], stored: ReadonlySet<Digest>, signal: AbortSignal | undefined) =>
    found.length === 0
      ? nothingAttached
      : planAttachments(found, destination, reader, { stored, exact: dryRun, signal })
  const leave = (found: readonly FoundAttachment[]) => {
    const attachments = Map.groupBy(found, ({ subject }) => subject)
    for (const [subject, those] of attachments)
      leftOut.push({ subject, ...countAttachments(those.map(({ attachment }) => attachment)) })
  }

  return {
    async planUnchanged(root, signal) {
      if (!holds) return nothingAttached
      const first = await find([root.digest], signal)
      if (first.length === 0) return nothingAttached
      const found = root.kind === 'index' ? await find(await manifestsBelow(root, reader, [], signal), signal) : first
      return compare(found, new Set(), signal)
    },
    async plan({ root, made, selection, found: original, stored, rewritten, changes }, signal) {
      // With a dry run layers that will change have not, and nobody knows yet which manifests there will be.
      const isKnown = made === undefined && !(dryRun && changes.length > 0)
      const subjects = isKnown ? await manifestsBelow(root, reader, selection.absent, signal) : []
      if (!holds) {
        leave(await find(subjects, signal))
        return nothingAttached
      }
      const found = await find(subjects, signal)
      if (rewritten.length > 0) {
        const before = [original.digest, ...(await manifestsBelow(selection.root, reader, selection.absent, signal))]
        const kept = new Set(subjects)
        const gone = before.filter(digest => !kept.has(digest))
        leave((await find(gone, signal)).filter(({ depth }) => depth === 0))
      }
      return compare(found, new Set([...stored.values()].map(({ digest }) => digest)), signal)
    },
    result: ({ steps, present }) => ({
      copied: countAttachments(steps.map(({ attachment }) => attachment)),
      present: countAttachments(present),
      leftOut,
    }),
  }
}

/** Without what says that it is a signature, and what is attached to that. */
function withoutSignatures(found: readonly FoundAttachment[]): readonly FoundAttachment[] {
  const left = new Set<Digest>()
  return [...found]
    .sort((a, b) => a.depth - b.depth)
    .filter(({ subject, attachment }) => {
      const stays = !left.has(subject) && attachmentKind(attachment) !== 'signature'
      if (!stays) left.add(attachment.node.digest)
      return stays
    })
}
