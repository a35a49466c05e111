import type { Descriptor } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'
import { digestOf } from '../../model/digest.ts'
import { mergeSignatureImages } from '../../transform/index.ts'
import type { Attachment, ImageDestination } from '../../transports/index.ts'
import type { ManifestReader } from '../manifest-reader.ts'
import { nodeKey, type PlannedNode, planCopy } from '../plan.ts'
import { createWorkGroup } from '../work-group.ts'
import type { FoundAttachment } from './find-attachments.ts'

/** What is to be attached at the destination, and what of it is there. Records only, but for documents that were made here. */
export interface AttachmentPlan {
  readonly steps: readonly AttachmentStep[]
  readonly present: readonly Attachment[]
  /** All that the attached manifests name, by its key. They themselves are not in it. */
  readonly nodes: ReadonlyMap<string, PlannedNode>
}

export interface AttachmentStep {
  readonly subject: Digest
  readonly depth: number
  readonly attachment: Attachment
  /** Where it is put together of what is there and what comes: its bytes, and its config. */
  readonly made?: {
    readonly bytes: Uint8Array
    readonly config: { readonly descriptor: Descriptor; readonly bytes: Uint8Array }
  }
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
    const there: Attachment[] = []
    for await (const one of (first && destination.attachments?.(first.subject, group.signal)) ?? []) there.push(one)
    for (const one of wanted) {
      const step = await stepFor(one, there)
      if (step === undefined) present.push(one.attachment)
      else steps.push(step)
      // Where a root says nothing of what is below it, what is attached already is looked through too.
      if (step === undefined && destination.traits.rootImpliesChildren) continue
      const planning = { stored, exact, signal: group.signal }
      const plan = await planCopy(one.attachment.node, reader, destination, planning)
      for (const [key, node] of plan.nodes) if (!roots.has(key)) nodes.set(key, node)
    }
  })

  const stepFor = async (one: FoundAttachment, there: readonly Attachment[]): Promise<AttachmentStep | undefined> => {
    const { attachment } = one
    const same = there.find(other => isSamePlace(other, attachment))
    if (same === undefined) return one
    if (same.node.digest === attachment.node.digest) return undefined
    if (attachment.by !== 'tag' || !mergedTag.test(attachment.tag)) return one
    const theirs = await destination.manifest(same.node, group.signal)
    if (theirs === undefined) return one
    const merged = mergeSignatureImages(theirs, await reader.read(attachment.node, group.signal))
    if (merged === 'ours') return one
    if (merged === 'theirs') return undefined
    const { manifest, config } = merged
    const node = {
      ...attachment.node,
      mediaType: same.node.mediaType,
      digest: digestOf(manifest),
      size: manifest.byteLength,
    }
    return { ...one, attachment: { ...attachment, node }, made: { bytes: manifest, config } }
  }

  for (const wanted of Map.groupBy(found, ({ subject }) => subject).values()) subjects.add(wanted)
  await group.settled()
  return { steps, present, nodes }
}

/** An SBOM takes the place of the one that is there: cosign reads one. */
const mergedTag = /\.(?:sig|att)$/

function isSamePlace(one: Attachment, other: Attachment): boolean {
  if (one.by === 'tag') return other.by === 'tag' && one.tag === other.tag
  return other.by === 'referrer' && one.node.digest === other.node.digest
}
