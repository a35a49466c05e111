import type { Node } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { parseImageConfig } from '../model/image-config.ts'
import { compressionOf, type LayerForm, layerForm } from '../model/layer-form.ts'
import type { ImageManifest } from '../model/manifest.ts'
import { isImageConfigType } from '../model/media-types.ts'
import { readHead, sniffCompression, sniffedBytes } from '../streams/index.ts'
import type { ImageDestination, ImageSource } from '../transports/index.ts'
import { readConfig } from './choose-root.ts'
import type { CopyListener } from './events.ts'
import type { LayerTarget } from './layer-target.ts'
import type { ManifestReader } from './manifest-reader.ts'
import { parseNode } from './parse-node.ts'
import { isLeftOut } from './plan.ts'
import { says } from './sides.ts'
import { sourceBytes } from './source-bytes.ts'
import { findVariant, type LayerSettings, type StoredLayer, storeLayer } from './store-layer.ts'
import { createWorkGroup } from './work-group.ts'

/** Layers that are converted at once. Compressing takes every core for one already; more only hides waiting. */
const conversionsAtOnce = 3

/** A layer that has to change on its way. */
export interface LayerChange {
  readonly layer: Node
  readonly from: LayerForm
  readonly to: LayerForm
  /** What the image's config says its uncompressed digest is. */
  readonly diffId: Digest | undefined
}

export interface ConvertOptions extends LayerSettings {
  readonly target: LayerTarget
  /** What became of layers that came already: `receiveImage`. */
  readonly received: ReadonlyMap<Digest, StoredLayer>
  readonly listen: CopyListener
  readonly signal: AbortSignal | undefined
}

/** The layers below `root` that the destination cannot or shall not hold as they are, each once. */
export async function findChanges(
  root: Node,
  source: ImageSource,
  destination: ImageDestination,
  reader: ManifestReader,
  { target, received, signal }: Pick<ConvertOptions, 'target' | 'received' | 'signal'>,
): Promise<readonly LayerChange[]> {
  const changes = new Map<Digest, LayerChange>()
  const wantsUnpacked = target('gzip') === 'none'
  const visit = async (node: Node): Promise<void> => {
    const manifest = parseNode(node, await reader.read(node, signal))
    if (manifest.kind === 'index') {
      for (const child of manifest.manifests) if (child.kind !== 'blob') await visit(child)
      return
    }
    const due = manifest.layers.flatMap((layer, position) => {
      const from = layerForm(layer)
      if (from === undefined || received.has(layer.digest) || changes.has(layer.digest)) return []
      if (isLeftOut(layer, destination)) return []
      const to = target(from)
      // A media type has no word for bzip2 or xz: a layer that is called uncompressed and shall be so may be neither.
      return from === to && !(to === 'none' && wantsUnpacked) ? [] : [{ layer, from, to, position }]
    })
    if (due.length === 0) return
    const diffIds = await diffIdsOf(manifest, source, reader, signal)
    for (const { position, ...change } of due) {
      const isUnpacked = diffIds[position] === undefined || diffIds[position] === change.layer.digest
      if (change.from === change.to && isUnpacked) continue
      changes.set(change.layer.digest, {
        ...change,
        diffId: change.from === 'none' ? change.layer.digest : diffIds[position],
      })
    }
  }
  await visit(root)
  return [...changes.values()]
}

/**
 * Stores the layers that change, each in the form that the destination shall have.
 *
 * @returns what became of every layer that came or changed, by the digest that the source's manifest names it with
 */
export async function convertLayers(
  changes: readonly LayerChange[],
  source: ImageSource,
  destination: ImageDestination,
  options: ConvertOptions,
): Promise<ReadonlyMap<Digest, StoredLayer>> {
  const { listen } = options
  const layers = new Map(options.received)
  const group = createWorkGroup(options.signal)
  const lane = group.lane<LayerChange>(conversionsAtOnce, async change => {
    const { layer } = change
    const stored = await convertLayer(change, source, destination, options, group.signal)
    layers.set(layer.digest, stored)
    const { digest, size } = stored
    listen({ type: stored.fresh ? 'copied' : 'skipped', digest, kind: 'layer', size, from: layer.digest })
  })
  for (const change of changes.toSorted((a, b) => b.layer.size - a.layer.size)) lane.add(change)
  await group.settled()
  return layers
}

async function convertLayer(
  { layer, from, to, diffId }: LayerChange,
  source: ImageSource,
  destination: ImageDestination,
  { listen, level, precompute, temporaryFolder }: ConvertOptions,
  signal: AbortSignal,
): Promise<StoredLayer> {
  const there =
    diffId === undefined || to === 'none' ? undefined : await findVariant(diffId, to, level, destination, signal)
  if (there !== undefined) return there
  listen({ type: 'started', digest: layer.digest, kind: layer.kind, size: layer.size })
  const bytes = sourceBytes(layer, source, listen, signal)
  const at = says('source', source.name)
  const settings = { level, precompute, temporaryFolder }
  return await at(async () => {
    const head = await readHead(bytes.open(0, signal), sniffedBytes)
    const found = sniffCompression(Buffer.concat(head.chunks))
    // No media type names bzip2 or xz, and some tools write a wrong one: a layer is what it begins as.
    const isMisnamed = found !== 'none' && found !== compressionOf(from)
    const work = isMisnamed
      ? { from: found, to, asIs: false, ...(from === 'none' ? {} : { diffId }), ...settings }
      : { from: compressionOf(from), to, asIs: false, diffId, ...settings }
    return await storeLayer(head.stream(), work, destination, signal)
  }, 'read layer')
}

async function diffIdsOf(
  { config, layers }: ImageManifest,
  source: ImageSource,
  reader: ManifestReader,
  signal: AbortSignal | undefined,
): Promise<readonly (Digest | undefined)[]> {
  if (!isImageConfigType(config.mediaType)) return []
  const { diffIds } = parseImageConfig(reader.known(config.digest) ?? (await readConfig(config, source, signal)))
  return diffIds.length === layers.length ? diffIds : []
}
