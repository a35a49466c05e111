import { isLadingError } from '../../errors/index.ts'
import type { Digest } from '../../model/digest.ts'
import { bytesOf } from '../../streams/index.ts'
import type { ImageDestination, ImageSource } from '../../transports/index.ts'
import type { ManifestReader } from '../manifest-reader.ts'
import type { Plan, PlannedNode } from '../plan.ts'
import { type Moved, type RunOptions, runPlan } from '../run.ts'
import { createWorkGroup } from '../work-group.ts'
import { attaching, attachmentError } from './attachment-error.ts'
import { type AttachmentStep, attachedThere, attachmentStep } from './attachment-step.ts'
import type { AttachmentPlan } from './plan-attachments.ts'

/** Subjects that get their attachments at once. Those of one subject come one after the other: they may share a list. */
const subjectsAtOnce = 8

/**
 * Stores what the attached manifests name, and attaches them: what is attached to an attachment before that.
 *
 * @param image what of it is stored by now
 */
export async function runAttachments(
  plan: AttachmentPlan,
  image: Pick<Plan, 'nodes'>,
  source: ImageSource,
  destination: ImageDestination,
  reader: ManifestReader,
  options: RunOptions,
): Promise<Moved> {
  try {
    const nodes = notIn(image.nodes, plan.nodes)
    const moved = await runPlan({ nodes }, source, destination, reader, options)
    await attachAll(plan.steps, destination, reader, options.signal)
    return moved
  } catch (error) {
    if (options.signal?.aborted || !isLadingError(error)) throw error
    throw attachmentError(error, attaching)
  }
}

async function attachAll(
  steps: readonly AttachmentStep[],
  destination: ImageDestination,
  reader: ManifestReader,
  signal: AbortSignal | undefined,
): Promise<void> {
  const byDepth = [...Map.groupBy(steps, ({ found }) => found.depth)].sort(([a], [b]) => b - a)
  for (const [, level] of byDepth) {
    const group = createWorkGroup(signal)
    const lane = group.lane<readonly AttachmentStep[]>(subjectsAtOnce, async ofSubject => {
      for (const step of ofSubject) await attach(step, destination, reader, group.signal)
    })
    const bySubject: Iterable<[Digest, AttachmentStep[]]> = Map.groupBy(level, ({ found }) => found.subject)
    for (const [, ofSubject] of bySubject) lane.add(ofSubject)
    await group.settled()
  }
}

/** How often a tag is looked up again that somebody else has written meanwhile. */
const attempts = 5

async function attach(
  first: AttachmentStep,
  destination: ImageDestination,
  reader: ManifestReader,
  signal: AbortSignal,
): Promise<void> {
  const { found } = first
  let step: AttachmentStep | undefined = first
  for (let attempt = 1; step !== undefined; attempt++) {
    try {
      await attachOnce(step, destination, reader, signal)
      return
    } catch (error) {
      if (signal.aborted || !isLadingError(error)) throw error
      const isLost =
        found.attachment.by === 'tag' && (error.code === 'precondition-failed' || error.code === 'tag-exists')
      if (!isLost || attempt === attempts) throw error
      const there = await attachedThere(found.subject, destination, signal)
      step = await attachmentStep(found, there, destination, reader, signal)
    }
  }
}

async function attachOnce(
  { found, attachment, made }: AttachmentStep,
  destination: ImageDestination,
  reader: ManifestReader,
  signal: AbortSignal,
): Promise<void> {
  if (made !== undefined) {
    const config = { kind: 'config', ...made.config.descriptor } as const
    if (!(await destination.has(config, signal))) await destination.push(config, bytesOf(made.config.bytes), signal)
  }
  const bytes = made?.bytes ?? (await reader.read(attachment.node, signal))
  await destination.attach?.(found.subject, attachment, bytes, signal)
}

/** What the image has in common with its attachments is stored with it. */
function notIn(
  image: ReadonlyMap<string, PlannedNode>,
  nodes: ReadonlyMap<string, PlannedNode>,
): ReadonlyMap<string, PlannedNode> {
  const rest = [...nodes].filter(([key]) => !image.has(key))
  const keys = new Set(rest.map(([key]) => key))
  return new Map(rest.map(([key, node]) => [key, { ...node, needs: node.needs.filter(need => keys.has(need)) }]))
}
