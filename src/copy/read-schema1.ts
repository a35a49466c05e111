import { LadingError } from '../errors/index.ts'
import type { Node } from '../model/descriptor.ts'
import { createDigester, type Digest, digestOf, digestParts } from '../model/digest.ts'
import { compressionOf } from '../model/layer-form.ts'
import { dockerConfig, dockerLayerGzip, dockerManifest, ociManifest } from '../model/media-types.ts'
import { parseSchema1 } from '../model/schema1.ts'
import {
  type ByteStream,
  bytesOf,
  createDraft,
  decompress,
  readHead,
  type Spooled,
  sniffCompression,
  sniffedBytes,
  spool,
} from '../streams/index.ts'
import { convertManifest, fromSchema1, type Schema1Layer, schema1Layers } from '../transform/index.ts'
import type { ImageDestination, ImageSource } from '../transports/index.ts'
import type { CopyListener } from './events.ts'
import type { LayerTarget } from './layer-target.ts'
import type { ManifestReader } from './manifest-reader.ts'
import { type LayerSettings, type StoredLayer, storeLayer } from './store-layer.ts'
import { createWorkGroup } from './work-group.ts'

/** Schema 1 does not say how long a layer is. */
const unknownSize = Number.MAX_SAFE_INTEGER
/** Layers that are kept in temporary files at once. */
const layersAtOnce = 3

interface ReadOptions extends LayerSettings {
  readonly target: LayerTarget
  readonly listen: CopyListener
  readonly signal: AbortSignal
}

/**
 * Makes an image of schema 2 of one of schema 1. What schema 1 does not say of its layers, their sizes and their uncompressed digests,
 * is read from them; so each is kept in a temporary file, stored as the destination shall have it, and the config with them.
 *
 * @returns the manifest, which is in the reader then, and what was stored, by the digest that is named with it
 */
export async function readSchema1(
  root: Node,
  source: ImageSource,
  destination: ImageDestination,
  reader: ManifestReader,
  options: ReadOptions,
): Promise<{ readonly root: Node; readonly stored: ReadonlyMap<Digest, StoredLayer> }> {
  const { listen } = options
  const schema1 = parseSchema1(await reader.read(root, options.signal))
  const wanted = schema1Layers(schema1).map(({ blobSum }) => blobSum)
  const layers = new Map<Digest, { readonly stored: StoredLayer; readonly diffId: Digest }>()
  const group = createWorkGroup(options.signal)
  const lane = group.lane<Digest>(layersAtOnce, async digest => {
    const node = { kind: 'layer', mediaType: dockerLayerGzip, digest, size: unknownSize } as const
    listen({ type: 'started', digest, kind: 'layer', size: 0 })
    await using kept = await spool(checked(node, source, listen, group.signal), options.temporaryFolder)
    const layer = await storeKept(kept, destination, { ...options, signal: group.signal })
    layers.set(digest, layer)
    const { stored } = layer
    const { size, fresh } = stored
    listen({ type: fresh ? 'copied' : 'skipped', digest: stored.digest, kind: 'layer', size, from: digest })
  })
  for (const digest of new Set(wanted)) lane.add(digest)
  await group.settled()

  const described = wanted.map((digest): Schema1Layer => {
    const layer = layers.get(digest)
    if (layer === undefined) throw new LadingError('internal', `the layer ${digest} was not read`)
    const { stored, diffId } = layer
    return { digest: stored.digest, size: stored.size, diffId, compression: compressionOf(stored.form) }
  })
  const { manifest: made, config } = fromSchema1(schema1, described)
  // Docker's formats have no name for zstd.
  const isDocker = described.every(({ compression }) => compression !== 'zstd')
  const manifest = isDocker ? made : convertManifest(made, 'oci').bytes
  const mediaType = isDocker ? dockerManifest : ociManifest
  const fresh = await storeConfig(config, destination, options.signal)
  const digest = digestOf(manifest)
  reader.made(digestOf(config), config)
  reader.made(digest, manifest)
  const stored = new Map<Digest, StoredLayer>([...layers].map(([named, layer]) => [named, layer.stored]))
  // Its manifest names layers as they are stored, and knows nothing of their encryption yet.
  for (const { stored: layer } of layers.values()) if (layer.became !== undefined) stored.set(layer.digest, layer)
  stored.set(digestOf(config), { digest: digestOf(config), size: config.byteLength, form: 'none', fresh })
  return { root: { kind: 'manifest', mediaType, digest, size: manifest.byteLength }, stored }
}

/** The bytes of the layer as they come, refused at their end where they are others. */
async function* checked(
  node: Node,
  source: ImageSource,
  listen: CopyListener,
  signal: AbortSignal,
): ByteStream & AsyncGenerator<Uint8Array, void, undefined> {
  const { digest } = node
  const digester = createDigester(digestParts(digest).algorithm)
  for await (const chunk of source.fetch(node, undefined, signal)) {
    digester.update(chunk)
    listen({ type: 'progress', digest, bytes: chunk.byteLength })
    yield chunk
  }
  const read = digester.digest()
  if (read === digest) return
  throw new LadingError('digest-mismatch', `the layer is ${read}, and should be ${digest}`, {
    side: 'source',
    subject: source.name,
    operation: 'read layer',
  })
}

async function storeKept(
  kept: Spooled,
  destination: ImageDestination,
  { target, level, precompute, temporaryFolder, encrypt, signal }: ReadOptions,
): Promise<{ readonly stored: StoredLayer; readonly diffId: Digest }> {
  const head = await readHead(kept.bytes.open(), sniffedBytes)
  await head.close()
  const from = sniffCompression(Buffer.concat(head.chunks))
  const plain = createDraft(decompress(kept.bytes.open(0, signal), from))
  for await (const _ of plain.read());
  const diffId = plain.digest()
  const to = target(from === 'bzip2' || from === 'xz' ? 'none' : from)
  const asIs = from === to
  const { digest, size } = kept
  const node = { kind: 'layer', mediaType: dockerLayerGzip, digest, size } as const
  if (asIs && !encrypt && (await destination.has(node, signal)))
    return { stored: { digest, size, form: to, fresh: false }, diffId }
  const work = { from, to, asIs, diffId, named: digest, level, precompute, temporaryFolder, encrypt }
  return { stored: await storeLayer(kept.bytes.open(0, signal), work, destination, signal), diffId }
}

async function storeConfig(config: Uint8Array, destination: ImageDestination, signal: AbortSignal): Promise<boolean> {
  const node = { kind: 'config', mediaType: dockerConfig, digest: digestOf(config), size: config.byteLength } as const
  if (await destination.has(node, signal)) return false
  await destination.push(node, bytesOf(config), signal)
  return true
}
