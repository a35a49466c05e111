import type { Digest } from '../../model/digest.ts'
import type { Attachment, ImageDestination } from '../../transports/index.ts'
import type { ManifestReader } from '../manifest-reader.ts'
import { nodeKey, type PlannedNode, planCopy } from '../plan.ts'
import { createWorkGroup } from '../work-group.ts'
import { type AttachmentStep, attachedThere, attachmentStep } from './attachment-step.ts'
import type { FoundAttachment } from './find-attachments.ts'

/** What is to be attached at the destination, and what of it is there. Records only, but for documents that were made here. */
export interface AttachmentPlan {
  readonly steps: readonly AttachmentStep[]
  readonly present: readonly Attachment[]
  /** All that the attached manifests name, by its key. They themselves are not in it. */
  readonly nodes: ReadonlyMap<string, PlannedNode>
}

export const nothingAttached: AttachmentPlan = { steps: [], present: [], nodes: new Map() }

interface PlanningOptions {
  /** Blobs that this run has put there already. */
  readonly stored: ReadonlySet<Digest>
  readonly exact: boolean
  readonly signal: AbortSignal | undefined
}

/** Subjects whose attachments are asked for at the destination at once. */
const subjectsAtOnce = 8

/** Compares what was found with what the destination has. */
export async function planAttachments(
  found: readonly FoundAttachment[],
  destination: ImageDestination,
  reader: ManifestReader,
  { stored, exact, signal }: PlanningOptions,
): Promise<AttachmentPlan> {
  const group = createWorkGroup(signal)
  const steps: AttachmentStep[] = []
  const present: Attachment[] = []
  const nodes = new Map<string, PlannedNode>()
  const roots = new Set(found.map(({ attachment }) => nodeKey(attachment.node)))

  const subjects = group.lane<readonly FoundAttachment[]>(subjectsAtOnce, async wanted => {
    const [first] = wanted
    const there = first === undefined ? [] : await attachedThere(first.subject, destination, group.signal)
    for (const one of wanted) {
      const step = await attachmentStep(one, there, destination, reader, group.signal)
      if (step === undefined) present.push(one.attachment)
      else steps.push(step)
      // Where a root says nothing of what is below it, what is attached already is looked through too.
      if (step === undefined && destination.traits.rootImpliesChildren) continue
      const planning = { stored, exact, signal: group.signal }
      const plan = await planCopy(one.attachment.node, reader, destination, planning)
      for (const [key, node] of plan.nodes) if (!roots.has(key)) nodes.set(key, node)
    }
  })

  for (const wanted of Map.groupBy(found, ({ subject }) => subject).values()) subjects.add(wanted)
  await group.settled()
  return { steps, present, nodes }
}
