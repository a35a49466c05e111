import { LadingError } from '../errors/index.ts'
import { isManifestNode, type Node } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { formatPlatform } from '../model/platform.ts'
import { bytesOf } from '../streams/index.ts'
import { entriesOf, type Selection } from '../transform/index.ts'
import {
  formatReference,
  type ImageDestination,
  openDestination,
  openSource,
  parseReference,
} from '../transports/index.ts'
import type { LayerChange } from './convert-image.ts'
import type { CopyOptions, CopyResult, PlanEntry } from './copy-options.ts'
import type { CopyListener } from './events.ts'
import { interruptible } from './interruptible.ts'
import { createManifestReader, type ManifestReader } from './manifest-reader.ts'
import { parseNode } from './parse-node.ts'
import { type Plan, planCopy } from './plan.ts'
import { prepareImage, withoutManifest } from './prepare-image.ts'
import { runPlan } from './run.ts'
import { openSession, type SharedHttp } from './session.ts'
import { destinationSide, says, sourceSide } from './sides.ts'
import { movedLayers, totals, unmoved } from './totals.ts'

/**
 * Copies an image from one place to another: resolve, plan, run, commit.
 *
 * Every byte is checked against its digest on the way. The destination's name changes last, once everything below it is
 * stored; a failed copy leaves the name as it was and what was stored reusable.
 *
 * @example
 * const { digest } = await copyImage('oci:examples/hello:v1', 'local://./images/hello:v1')
 *
 * @throws LadingError
 */
export async function copyImage(source: string, destination: string, options: CopyOptions = {}): Promise<CopyResult> {
  return await copyImageOver(undefined, source, destination, options)
}

/** The same as one of several copies that share their HTTP client. */
export async function copyImageOver(
  shared: SharedHttp | undefined,
  source: string,
  destination: string,
  options: CopyOptions,
): Promise<CopyResult> {
  return await interruptible(options.signal, () => copy(shared, source, destination, options))
}

async function copy(
  shared: SharedHttp | undefined,
  source: string,
  destination: string,
  options: CopyOptions,
): Promise<CopyResult> {
  const started = performance.now()
  const { signal } = options
  const listen: CopyListener = options.onEvent ?? (() => {})
  const jobs = options.jobs ?? 10
  if (!Number.isSafeInteger(jobs) || jobs < 1)
    throw new LadingError('bad-argument', `jobs is ${jobs}; it must be 1 or more`)
  const sourceReference = parseReference(source)
  const destinationReference = parseReference(destination)

  await using session = openSession(options, listen, shared)
  await using from = sourceSide(await openSource(sourceReference, session.context('source')))
  await using to = destinationSide(await openDestination(destinationReference, session.context('destination')))
  checkAdditionalTags(to, options)
  const reader = createManifestReader(from)
  const prepared = await prepareImage(from, to, reader, options, listen)
  const { found, current, selection, root, stored } = prepared

  const outcome = (rest: Pick<CopyResult, 'changed' | 'blobs' | 'bytes'> & Partial<CopyResult>): CopyResult => ({
    source: formatReference(sourceReference),
    destination: formatReference(destinationReference),
    digest: root.digest,
    mediaType: root.mediaType,
    sourceDigest: found.digest,
    ...(prepared.rewritten.length === 0 ? {} : { rewritten: prepared.rewritten.join('; ') }),
    ...(current === undefined ? {} : { previous: current }),
    platforms: platformsOf(selection, root, reader),
    leftOut: selection.leftOut,
    attestationsLeftOut: selection.attestationsLeftOut,
    seconds: (performance.now() - started) / 1000,
    ...rest,
  })

  if (prepared.unchanged) {
    listen({ type: 'planned', blobs: 0, bytes: 0 })
    return outcome({ changed: false, ...unmoved, ...(options.dryRun ? { plan: [] } : {}) })
  }
  const conditions = { force: options.force ?? false, expect: options.expect, additionalTags: options.additionalTags }
  await to.checkCommit?.(root, conditions, signal)
  const done = new Set([...stored.values()].map(({ digest }) => digest))
  const plan = await says('source', from.name)(() => planCopy(root, reader, to, { stored: done, signal }), 'plan')
  const blobs = [...plan.nodes.values()].filter(({ node, action }) => !isManifestNode(node) && action === 'copy')
  const moving = movedLayers(stored)
  listen({
    type: 'planned',
    blobs: blobs.length + moving.blobs.copied,
    bytes: blobs.reduce((sum, { node }) => sum + node.size, moving.bytes.copied),
  })
  if (options.dryRun) return outcome({ changed: false, ...unmoved, plan: planEntries(plan, prepared.changes) })

  const moved = await runPlan(plan, from, to, reader, { jobs, signal, listen })
  if (to.traits.keepsUnnamed && selection.root.digest !== found.digest && !(await to.has(found, signal))) {
    await to.push(found, bytesOf(await reader.read(found, signal)), signal)
  }
  const imageBytes = [...plan.nodes.values()].reduce((sum, { node }) => sum + node.size, 0)
  const committed = await to.commit(root, await reader.read(root, signal), { ...conditions, imageBytes }, signal)
  const { digest = root.digest } = committed
  listen({ type: 'committed', name: to.name, digest })
  return outcome({
    digest,
    ...(digest === root.digest ? {} : { rewritten: [...prepared.rewritten, withoutManifest].join('; ') }),
    changed: committed.changed,
    ...(committed.previous === undefined ? {} : { previous: committed.previous }),
    ...totals(moved, moving),
  })
}

function checkAdditionalTags({ name, traits }: ImageDestination, { additionalTags = [] }: CopyOptions): void {
  if (additionalTags.length === 0 || traits.additionalTags) return
  throw new LadingError('unsupported', 'it takes one name at a time', {
    side: 'destination',
    subject: name,
    hint: 'additional tags go into docker-archive: and docker-daemon:; elsewhere copy again under the other name, which moves no blob',
  })
}

/** What a selection kept, else what the index names, as far as it was read: nothing is read to tell it. */
function platformsOf(selection: Selection, root: Node, reader: ManifestReader): readonly string[] {
  const bytes = selection.kept.length > 0 ? undefined : reader.known(root.digest)
  if (bytes === undefined) return selection.kept
  const manifest = parseNode(root, bytes)
  if (manifest.kind === 'manifest') return []
  return entriesOf(manifest).flatMap(({ platform }) => (platform === undefined ? [] : [formatPlatform(platform)]))
}

function planEntries(plan: Plan, changes: readonly LayerChange[]): PlanEntry[] {
  const converted = new Set<Digest>(changes.map(({ layer }) => layer.digest))
  return [...plan.nodes.values()].map(({ node: { digest, kind, size }, action }) => ({
    digest,
    kind,
    size,
    action: converted.has(digest) ? 'convert' : action === 'copy' ? 'copy' : 'present',
  }))
}
