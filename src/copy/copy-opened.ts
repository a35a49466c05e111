import { isManifestNode, type Node } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { formatPlatform } from '../model/platform.ts'
import { bytesOf } from '../streams/index.ts'
import { entriesOf, type Selection } from '../transform/index.ts'
import type { ImageDestination, ImageSource } from '../transports/index.ts'
import { attachmentCarrier } from './attachments/attachment-carrier.ts'
import { type AttachmentPlan, nothingAttached } from './attachments/plan-attachments.ts'
import { runAttachments } from './attachments/run-attachments.ts'
import { together } from './attachments/together.ts'
import type { LayerChange } from './convert-image.ts'
import type { CopyResult, PlanEntry } from './copy-options.ts'
import type { CopyListener } from './events.ts'
import type { Lanes } from './lanes/lanes.ts'
import { createManifestReader, type ManifestReader } from './manifest-reader.ts'
import { parseNode } from './parse-node.ts'
import { type Plan, type PlannedNode, planCopy } from './plan.ts'
import type { Guarded } from './policy/policy-guard.ts'
import type { PrepareOptions } from './preparation.ts'
import { prepareImage } from './prepare-image.ts'
import { withoutManifest } from './rewritten-because.ts'
import { runPlan } from './run.ts'
import { says } from './sides.ts'
import { planSignatures, type SignaturePlan } from './signatures/carry-signatures.ts'
import type { Signing } from './signatures/open-signers.ts'
import { requireThere } from './sparse-index.ts'
import { addMoved, movedLayers, totals, unmoved } from './totals.ts'

/** What became of an image between two places that are open. */
export type OpenedResult = Omit<CopyResult, 'source' | 'destination'>

/**
 * Resolve, plan, run, commit.
 *
 * @throws LadingError
 */
export async function copyOpened(
  from: ImageSource,
  to: ImageDestination,
  options: PrepareOptions & Guarded & { readonly jobs: number; readonly lanes?: Lanes; readonly signing?: Signing },
  listen: CopyListener,
): Promise<OpenedResult> {
  const started = performance.now()
  const { signal, jobs, lanes = { serverSide: true }, signing = { signers: [] } } = options
  const reader = createManifestReader(from)
  if (!options.dryRun) to.begin?.()
  const prepared = await prepareImage(from, to, reader, options, listen)
  const { found, current, selection, root, stored } = prepared
  const named = prepared.made?.root ?? root

  const signatures = () => planSignatures({ source: from, destination: to, reader, options, signing, listen }, prepared)
  const outcome = (rest: Pick<CopyResult, 'changed' | 'blobs' | 'bytes'> & Partial<CopyResult>): OpenedResult => ({
    digest: named.digest,
    mediaType: named.mediaType,
    sourceDigest: found.digest,
    ...(prepared.rewritten.length === 0 ? {} : { rewritten: prepared.rewritten.join('; ') }),
    ...(current === undefined ? {} : { previous: current }),
    platforms: platformsOf(selection, root, reader),
    leftOut: selection.leftOut,
    attestationsLeftOut: selection.attestationsLeftOut,
    seconds: (performance.now() - started) / 1000,
    ...rest,
  })

  const carrier = attachmentCarrier(from, to, reader, options, listen)
  const attachedBy = (plan: AttachmentPlan) => (carrier === undefined ? {} : { attachments: carrier.result(plan) })
  const news = prepared.unchanged ? await carrier?.planUnchanged(root, signal) : undefined
  const early = prepared.unchanged ? await signatures() : undefined
  if (early?.isEmpty && !news?.steps.length) {
    listen({ type: 'planned', blobs: 0, bytes: 0 })
    const attached = { ...attachedBy(news ?? nothingAttached), ...counted(early) }
    return outcome({ changed: false, ...unmoved, ...attached, ...(options.dryRun ? { plan: [] } : {}) })
  }
  const conditions = { force: options.force ?? false, expect: options.expect, additionalTags: options.additionalTags }
  await to.checkCommit?.(named, conditions, signal)
  const done = new Set([...stored.values()].map(({ digest }) => digest))
  if (prepared.made !== undefined) done.add(prepared.made.without)
  const { absent } = selection
  const sparse = to.traits.holdsSparseIndex
  if (absent !== undefined && !sparse) await requireThere(absent, to, signal)
  const planning = {
    stored: done,
    absent: sparse ? absent : [],
    belowIndexes: absent !== undefined || options.allPlatforms === true,
    exact: options.dryRun === true,
    signal,
  }
  const plan = await says('source', from.name)(() => planCopy(root, reader, to, planning), 'plan')
  const signed = early ?? (await signatures())
  const moving = movedLayers(stored)
  const tell = (nodes: Iterable<PlannedNode>) => {
    const blobs = [...nodes].filter(({ node, action }) => !isManifestNode(node) && action === 'copy')
    listen({
      type: 'planned',
      blobs: blobs.length + moving.blobs.copied,
      bytes: blobs.reduce((sum, { node }) => sum + node.size, moving.bytes.copied),
    })
  }
  tell(plan.nodes.values())
  // An image that has its name already is looked through where nothing else says that it is whole: for what is attached its root says enough.
  const isThere = current === named.digest
  const planAttached = async (within: AbortSignal | undefined) =>
    news ??
    (await (isThere ? carrier?.planUnchanged(root, within) : carrier?.plan(prepared, within))) ??
    nothingAttached
  if (options.dryRun) {
    const attached = await planAttached(signal)
    const entries = [...planEntries(plan, prepared.changes), ...attachedEntries(attached, plan)]
    return outcome({ changed: false, ...unmoved, ...attachedBy(attached), ...counted(signed), plan: entries })
  }

  const running = { jobs, lanes, signal, listen }
  const [movedImage, attached] = await together(
    signal,
    within => runPlan(plan, from, to, reader, { ...running, signal: within }),
    planAttached,
  )
  if (attached.nodes.size > 0) tell([...plan.nodes.values(), ...attached.nodes.values()])
  const moved = addMoved(movedImage, await runAttachments(attached, plan, from, to, reader, running))
  if (to.traits.keepsUnnamed && selection.root.digest !== found.digest && !(await to.has(found, signal))) {
    await to.push(found, bytesOf(await reader.read(found, signal)), signal)
  }
  const imageBytes = [...plan.nodes.values()].reduce((sum, { node }) => sum + node.size, 0)
  const bytes = prepared.made?.bytes ?? (await reader.read(root, signal))
  if (!signed.isEmpty) {
    // A registry that keeps signatures itself takes those of what it has; a bucket's clean removes those of what it has not.
    if (to.traits.rootImpliesChildren || to.traits.keepsUnnamed) await to.push(named, bytesOf(bytes), signal)
    await signed.write()
  }
  const committed = await to.commit(named, bytes, { ...conditions, absent: planning.absent, imageBytes }, signal)
  const { digest = named.digest } = committed
  listen({ type: 'committed', name: to.name, digest })
  return outcome({
    digest,
    ...(digest === named.digest ? {} : { rewritten: [...prepared.rewritten, withoutManifest].join('; ') }),
    changed: committed.changed,
    ...(committed.previous === undefined ? {} : { previous: committed.previous }),
    ...totals(moved, moving),
    ...attachedBy(attached),
    ...counted(signed),
  })
}

function counted({ result }: SignaturePlan): Pick<CopyResult, 'signatures'> {
  return result.copied + result.made + result.leftOut === 0 ? {} : { signatures: result }
}

/** What a selection kept, else what the index names, as far as it was read: nothing is read to tell it. */
function platformsOf(selection: Selection, root: Node, reader: ManifestReader): readonly string[] {
  const bytes = selection.kept.length > 0 || selection.absent ? undefined : reader.known(root.digest)
  if (bytes === undefined) return selection.kept
  const manifest = parseNode(root, bytes)
  if (manifest.kind === 'manifest') return []
  return entriesOf(manifest).flatMap(({ platform }) => (platform === undefined ? [] : [formatPlatform(platform)]))
}

/** What an attachment has in common with the image stands there once. */
function attachedEntries({ steps, nodes }: AttachmentPlan, image: Plan): PlanEntry[] {
  const rest = [...nodes].filter(([key]) => !image.nodes.has(key)).map(([, planned]) => planned)
  const attached = steps.map(({ attachment: { node } }) => ({ node, action: 'copy', needs: [] }) as const)
  return entriesOfPlan([...rest, ...attached], new Set())
}

function planEntries(plan: Plan, changes: readonly LayerChange[]): PlanEntry[] {
  const converted = new Set<Digest>(changes.map(({ layer }) => layer.digest))
  return entriesOfPlan([...plan.nodes.values()], converted)
}

function entriesOfPlan(nodes: readonly PlannedNode[], converted: ReadonlySet<Digest>): PlanEntry[] {
  return nodes.map(({ node: { digest, kind, size }, action }) => ({
    digest,
    kind,
    size,
    action: converted.has(digest) ? 'convert' : action === 'stored' ? 'present' : action,
  }))
}
