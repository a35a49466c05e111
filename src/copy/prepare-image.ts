import { LadingError } from '../errors/index.ts'
import type { Node } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { isSchema1Type, type ManifestFormat } from '../model/media-types.ts'
import type { Selection } from '../transform/index.ts'
import type { ImageDestination, ImageSource } from '../transports/index.ts'
import { convertLayers, findChanges, type LayerChange } from './convert-image.ts'
import type { CopyOptions } from './copy-options.ts'
import type { CopyListener } from './events.ts'
import { knownImage } from './known-image.ts'
import { type LayerTarget, layersMayChange, layerTarget } from './layer-target.ts'
import type { ManifestReader } from './manifest-reader.ts'
import { parseNode } from './parse-node.ts'
import { readSchema1 } from './read-schema1.ts'
import { receiveImage } from './receive-image.ts'
import { refuseArtifact } from './refuse-artifact.ts'
import { requirePreserved } from './require-preserved.ts'
import { rewriteManifests } from './rewrite-manifests.ts'
import { selectRoot } from './select-root.ts'
import { requireUnchanged } from './sparse-index.ts'
import type { LayerSettings, StoredLayer } from './store-layer.ts'
import { type MadeRoot, requireSchema1, writeSchema1 } from './write-schema1.ts'

/** What is to be stored under the destination's name, and what of it is stored already because it had to change or came once. */
export interface PreparedImage {
  /** What the source's name resolved to. */
  readonly found: Node
  /** What the destination's name resolves to. */
  readonly current: Digest | undefined
  readonly selection: Selection
  readonly root: Node
  /** By the digest that the source's manifest names a layer with. */
  readonly stored: ReadonlyMap<Digest, StoredLayer>
  /** Layers that will change; with a dry run they have not. */
  readonly changes: readonly LayerChange[]
  /** Why the root is not the one that was found. */
  readonly rewritten: readonly string[]
  /** What is written under the name in the place of `root`, where that is a manifest that the plan does not know. */
  readonly made?: MadeRoot
  /** The destination's name stands for this image, whole, already. */
  readonly unchanged: boolean
}

/** Why the digest is another one where an image is kept without its manifest. */
export const withoutManifest = 'kept there without its manifest'

/**
 * Everything before the plan: resolve both sides, choose platforms, and give the image the form that the destination holds.
 *
 * @throws LadingError
 */
export async function prepareImage(
  source: ImageSource,
  destination: ImageDestination,
  reader: ManifestReader,
  options: CopyOptions,
  listen: CopyListener,
): Promise<PreparedImage> {
  const { signal = new AbortController().signal } = options
  const target = layerTarget(source, destination, options)
  const reception = await receive(source, destination, reader, target, options, listen, signal)
  if (options.format === 'v2s1') requireSchema1(destination)
  const [found, current] = await Promise.all([reception.known ?? source.resolve(signal), destination.current(signal)])
  const old = isSchema1Type(found.mediaType)
    ? await readOld(found, source, destination, reader, target, options, listen, signal)
    : undefined
  const received = old?.stored ?? reception.stored
  const selection = await selectRoot(old?.root ?? found, options, source, destination, reader)
  await refuseArtifact(selection.root, destination, reader, signal)
  if (options.preserveDigests) requirePreserved(selection, destination.currentConfig ? [withoutManifest] : [])
  const chosen = old === undefined ? [] : ['converted from v2s1', ...reasons([], destination, old.stored)]
  if (selection.root.digest !== (old?.root ?? found).digest) chosen.push(chosenReason(selection, destination, options))
  const prepared = { found, current, selection, root: selection.root, stored: received, changes: [], rewritten: chosen }

  if (selection.absent !== undefined) {
    requireUnchanged(source, options)
    return { ...prepared, unchanged: false }
  }
  const { rootImpliesChildren } = destination.traits
  // (what the other names stand for is found out when they are written)
  const isOnlyName = (options.additionalTags ?? []).length === 0
  const asked = options.recompress !== undefined || options.format !== undefined
  const believed = rootImpliesChildren && !(options.allPlatforms && selection.root.kind === 'index')
  if (current === selection.root.digest && believed && isOnlyName && !asked) {
    return { ...prepared, unchanged: true }
  }
  if (!options.force && (await holdsImage(selection.root, destination, reader, options, signal))) {
    if (current === undefined || current === selection.root.digest) return { ...prepared, unchanged: true }
    const root = { ...selection.root, digest: current }
    return { ...prepared, root, rewritten: [...chosen, withoutManifest], unchanged: true }
  }
  if (received.size === 0 && !layersMayChange(source, destination.traits, options) && !asked) {
    return { ...prepared, unchanged: false }
  }

  const lookup = { target, received, signal }
  const changes =
    reception.known === undefined ? await findChanges(selection.root, source, destination, reader, lookup) : []
  const forms = reasons(changes, destination, reception.stored)
  if (options.preserveDigests) requirePreserved(selection, forms)
  if (changes.length > 0 && options.dryRun) {
    return { ...prepared, changes, rewritten: [...chosen, ...forms], unchanged: false }
  }
  if (changes.length > 0) {
    // Without manifests of its own a destination can say now whether it will take the image; others once its digest is known.
    if (destination.currentConfig !== undefined) {
      const { force = false, expect, additionalTags } = options
      await destination.checkCommit?.(selection.root, { force, expect, additionalTags }, signal)
    }
    listen({ type: 'planned', blobs: changes.length, bytes: changes.reduce((sum, { layer }) => sum + layer.size, 0) })
  }
  const layers = await convertLayers(changes, source, destination, {
    ...layerSettings(options),
    received,
    listen,
    signal,
    target,
  })
  const rewriting = { layers, format: options.format, signal }
  const { root, converted, dropped } = await rewriteManifests(selection.root, rewriting, reader)
  const made = options.format === 'v2s1' ? await writeSchema1(root, source, destination, reader, signal) : undefined
  const unchanged = current === (made?.root ?? root).digest && believed && isOnlyName
  const rewritten =
    (made?.root ?? root).digest === selection.root.digest
      ? chosen
      : [...chosen, ...forms, ...conversion(made === undefined ? converted : 'v2s1')]
  if (options.preserveDigests) requirePreserved(selection, rewritten.slice(chosen.length))
  if (dropped.size > 0)
    listen({ type: 'warning', message: `${converted} has no place for: ${[...dropped].join(', ')}` })
  return { ...prepared, root, ...(made && { made }), stored: layers, changes, rewritten, unchanged }
}

function layerSettings(options: CopyOptions): LayerSettings {
  const { compressionLevel: level, precomputeDigests: precompute, temporaryFolder } = options
  return { level, precompute, temporaryFolder }
}

interface Reception {
  readonly stored: ReadonlyMap<Digest, StoredLayer>
  /** The image, where nothing of it had to be read. */
  readonly known?: Node | undefined
}

async function receive(
  source: ImageSource,
  destination: ImageDestination,
  reader: ManifestReader,
  target: LayerTarget,
  options: CopyOptions,
  listen: CopyListener,
  signal: AbortSignal,
): Promise<Reception> {
  if (source.traits.order === 'any') return { stored: new Map() }
  const asked = options.recompress !== undefined || options.format !== undefined
  const known = asked ? undefined : await knownImage(source, destination, reader, options, target, signal)
  if (known !== undefined) return { stored: new Map(), known }
  if (options.dryRun) throw unknownBefore(source)
  return { stored: await receiveImage(source, destination, { ...layerSettings(options), target, listen, signal }) }
}

/** What is found in schema 1 is made an image of schema 2, for everything that follows. */
async function readOld(
  found: Node,
  source: ImageSource,
  destination: ImageDestination,
  reader: ManifestReader,
  target: LayerTarget,
  options: CopyOptions,
  listen: CopyListener,
  signal: AbortSignal,
): Promise<{ readonly root: Node; readonly stored: ReadonlyMap<Digest, StoredLayer> }> {
  if (options.preserveDigests) requirePreserved({ kept: [] }, ['it is converted from v2s1'])
  if (options.dryRun) throw unknownBefore(source)
  return await readSchema1(found, source, destination, reader, { ...layerSettings(options), target, listen, signal })
}

function unknownBefore({ name }: ImageSource): LadingError {
  return new LadingError('unsupported', 'what would be copied is known only once it has been read', {
    side: 'source',
    subject: name,
    hint: 'leave --dry-run out',
  })
}

/** Whether a destination that keeps no manifests has this image under its name. */
async function holdsImage(
  root: Node,
  destination: ImageDestination,
  reader: ManifestReader,
  { additionalTags }: CopyOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const current = await destination.currentConfig?.({ additionalTags }, signal)
  if (current === undefined || root.kind !== 'manifest') return false
  const manifest = parseNode(root, await reader.read(root, signal))
  return manifest.kind === 'manifest' && manifest.config.digest === current
}

function chosenReason({ kept }: Selection, { traits }: ImageDestination, { platforms = [] }: CopyOptions): string {
  const names = kept.join(', ')
  return platforms.length === 0 && !traits.holdsIndex ? `only ${names} can be held there` : `only ${names} wanted`
}

function reasons(
  changes: readonly LayerChange[],
  { pushDraft }: ImageDestination,
  received: ReadonlyMap<Digest, StoredLayer>,
): string[] {
  const changed = [...received].filter(([digest, stored]) => stored.digest !== digest)
  const forms = new Set([...changes.map(({ to }) => to), ...changed.map(([, { form }]) => form)])
  return [...forms].map(form =>
    form === 'none'
      ? `layers unpacked${pushDraft === undefined ? ' through a temporary file' : ''}`
      : `layers compressed with ${form}`,
  )
}

function conversion(to: ManifestFormat | undefined): string[] {
  return to === undefined ? [] : [`converted to ${to}`]
}
