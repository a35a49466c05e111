import { LadingError } from '../errors/index.ts'
import { isManifestNode, type Node, type NodeKind } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { formatPlatform, type Platform } from '../model/platform.ts'
import { bytesOf } from '../streams/index.ts'
import { entriesOf, type Selection } from '../transform/index.ts'
import {
  type Expectation,
  formatReference,
  type ImageDestination,
  type ImageSource,
  openDestination,
  openSource,
  parseReference,
} from '../transports/index.ts'
import { choosePlatforms } from './choose-root.ts'
import type { CopyListener } from './events.ts'
import { openIndexCache } from './index-cache.ts'
import { interruptible } from './interruptible.ts'
import { createManifestReader, type ManifestReader } from './manifest-reader.ts'
import { parseNode } from './parse-node.ts'
import { type Plan, planCopy } from './plan.ts'
import { type Moved, runPlan } from './run.ts'
import { openSession, type SessionOptions } from './session.ts'
import { destinationSide, says, sourceSide } from './sides.ts'

export interface CopyOptions extends SessionOptions {
  /** Copy only these. One gives a single-platform image, several a rewritten index. Default: everything, digests unchanged. */
  readonly platforms?: readonly Platform[] | undefined
  /** Move a tag that the bucket's configuration calls immutable. */
  readonly force?: boolean | undefined
  /** Write the destination's name only where it resolves to nothing (`absent`), or to this digest. */
  readonly expect?: Expectation | undefined
  /** Plan only: write nothing. */
  readonly dryRun?: boolean | undefined
  /** Blobs over 1 MiB in flight. Default 10. Smaller ones and questions go wider. */
  readonly jobs?: number | undefined
  readonly onEvent?: CopyListener | undefined
}

export interface CopyResult {
  readonly source: string
  readonly destination: string
  /** What the destination's name resolves to now. */
  readonly digest: Digest
  readonly mediaType: string
  /** What the source's name resolved to. Differs from `digest` only where `rewritten` says why. */
  readonly sourceDigest: Digest
  readonly rewritten?: string
  /** Whether the destination's name was written. */
  readonly changed: boolean
  /** What the destination's name resolved to before, where it resolved. */
  readonly previous?: Digest
  readonly platforms: readonly string[]
  readonly leftOut: readonly string[]
  readonly attestationsLeftOut: number
  readonly blobs: { readonly copied: number; readonly mounted: number; readonly present: number }
  /** `mounted` bytes did not pass through here: that they are there was checked, what they are was not read. */
  readonly bytes: { readonly copied: number; readonly mounted: number; readonly present: number }
  readonly seconds: number
  /** With `dryRun`: every node and what would be done with it. */
  readonly plan?: readonly PlanEntry[]
}

export interface PlanEntry {
  readonly digest: Digest
  readonly kind: NodeKind
  readonly size: number
  readonly action: 'copy' | 'present'
}

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
  return await interruptible(options.signal, () => copy(source, destination, options))
}

async function copy(source: string, destination: string, options: CopyOptions): Promise<CopyResult> {
  const started = performance.now()
  const { signal } = options
  const listen: CopyListener = options.onEvent ?? (() => {})
  const jobs = options.jobs ?? 10
  if (!Number.isSafeInteger(jobs) || jobs < 1)
    throw new LadingError('bad-argument', `jobs is ${jobs}; it must be 1 or more`)
  const sourceReference = parseReference(source)
  const destinationReference = parseReference(destination)

  await using session = openSession(options, listen)
  await using from = sourceSide(await openSource(sourceReference, session.context('source')))
  await using to = destinationSide(await openDestination(destinationReference, session.context('destination')))
  const reader = createManifestReader(from)

  const [found, current] = await Promise.all([from.resolve(signal), to.current(signal)])
  const selection = await select(found, options, from, to, reader)
  const { root } = selection

  const outcome = (rest: Pick<CopyResult, 'changed' | 'blobs' | 'bytes'> & Partial<CopyResult>): CopyResult => ({
    source: formatReference(sourceReference),
    destination: formatReference(destinationReference),
    digest: root.digest,
    mediaType: root.mediaType,
    sourceDigest: found.digest,
    ...(root.digest === found.digest ? {} : { rewritten: `only ${selection.kept.join(', ')} wanted` }),
    ...(current === undefined ? {} : { previous: current }),
    platforms: platformsOf(selection, reader),
    leftOut: selection.leftOut,
    attestationsLeftOut: selection.attestationsLeftOut,
    seconds: (performance.now() - started) / 1000,
    ...rest,
  })

  if (current === root.digest && to.traits.rootImpliesChildren) {
    listen({ type: 'planned', blobs: 0, bytes: 0 })
    return outcome({ changed: false, ...unmoved, ...(options.dryRun ? { plan: [] } : {}) })
  }
  await to.checkCommit?.(root, { force: options.force ?? false, expect: options.expect }, signal)
  const plan = await says('source', from.name)(() => planCopy(root, reader, to, signal), 'plan')
  const blobs = [...plan.nodes.values()].filter(({ node, action }) => !isManifestNode(node) && action === 'copy')
  listen({ type: 'planned', blobs: blobs.length, bytes: blobs.reduce((sum, { node }) => sum + node.size, 0) })
  if (options.dryRun) return outcome({ changed: false, ...unmoved, plan: planEntries(plan) })

  const moved = await runPlan(plan, from, to, reader, { jobs, signal, listen })
  if (to.traits.keepsUnnamed && root.digest !== found.digest && !(await to.has(found, signal))) {
    await to.push(found, bytesOf(await reader.read(found, signal)), signal)
  }
  const committed = await commit(plan, reader, to, options, signal)
  listen({ type: 'committed', name: to.name, digest: root.digest })
  return outcome({
    changed: committed.changed,
    ...(committed.previous === undefined ? {} : { previous: committed.previous }),
    ...totals(moved),
  })
}

/** A subset is chosen from the index; where the destination, or else this machine, kept it from the copy before, the source is not asked again. */
async function select(
  found: Node,
  { platforms = [], signal }: CopyOptions,
  source: ImageSource,
  destination: ImageDestination,
  reader: ManifestReader,
): Promise<Selection> {
  if (platforms.length === 0) return { root: found, kept: [], leftOut: [], attestationsLeftOut: 0 }
  const cache = destination.traits.keepsUnnamed ? undefined : openIndexCache()
  const kept = await (cache === undefined ? destination.manifest(found, signal) : cache.read(found.digest))
  if (kept !== undefined) reader.remember(found.digest, kept)
  const at = says('source', source.name)
  const selection = await at(() => choosePlatforms(found, platforms, source, reader, signal), 'select platforms')
  if (kept === undefined && found.kind === 'index') await cache?.write(found.digest, await reader.read(found, signal))
  return selection
}

const unmoved = { blobs: { copied: 0, mounted: 0, present: 0 }, bytes: { copied: 0, mounted: 0, present: 0 } }

function totals(moved: Moved): Pick<CopyResult, 'blobs' | 'bytes'> {
  const { copied, mounted, present, bytesCopied, bytesMounted, bytesPresent } = moved
  return {
    blobs: { copied, mounted, present },
    bytes: { copied: bytesCopied, mounted: bytesMounted, present: bytesPresent },
  }
}

async function commit(
  plan: Plan,
  reader: ManifestReader,
  destination: ImageDestination,
  options: CopyOptions,
  signal: AbortSignal | undefined,
): Promise<{ changed: boolean; previous?: Digest }> {
  const bytes = await reader.read(plan.root, signal)
  const imageBytes = [...plan.nodes.values()].reduce((sum, { node }) => sum + node.size, 0)
  return await destination.commit(
    plan.root,
    bytes,
    { force: options.force ?? false, expect: options.expect, imageBytes },
    signal,
  )
}

/** What a selection kept, else what the index names, as far as it was read: nothing is read to tell it. */
function platformsOf(selection: Selection, reader: ManifestReader): readonly string[] {
  const bytes = selection.kept.length > 0 ? undefined : reader.known(selection.root.digest)
  if (bytes === undefined) return selection.kept
  const manifest = parseNode(selection.root, bytes)
  if (manifest.kind === 'manifest') return []
  return entriesOf(manifest).flatMap(({ platform }) => (platform === undefined ? [] : [formatPlatform(platform)]))
}

function planEntries(plan: Plan): PlanEntry[] {
  return [...plan.nodes.values()].map(({ node: { digest, kind, size }, action }) => ({ digest, kind, size, action }))
}
