import { LadingError } from '../errors/index.ts'
import type { Node } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { parseImageConfig } from '../model/image-config.ts'
import { compressionOf, type LayerForm, layerForm } from '../model/layer-form.ts'
import type { ImageManifest } from '../model/manifest.ts'
import { decryptedType, isEncryptedType, isImageConfigType } from '../model/media-types.ts'
import { type ByteStream, readHead, sniffCompression, sniffedBytes } from '../streams/index.ts'
import type { LayerEncryption, OpenedLayer } from '../transform/encryption/index.ts'
import { attestedDigest } from '../transform/index.ts'
import type { ImageDestination, ImageSource } from '../transports/index.ts'

import { readConfig } from './choose-root.ts'
import type { CopyListener } from './events.ts'
import type { LayerTarget } from './layer-target.ts'
import { layersToEncrypt } from './layers-to-encrypt.ts'
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
  readonly encrypts?: true
  /** It comes encrypted, and is decrypted with this. */
  readonly opened?: OpenedLayer
}

export interface ConvertOptions extends LayerSettings {
  readonly target: LayerTarget
  readonly encryption: LayerEncryption | undefined
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
  { target, encryption, received, signal }: Pick<ConvertOptions, 'target' | 'encryption' | 'received' | 'signal'>,
): Promise<readonly LayerChange[]> {
  const changes = new Map<Digest, LayerChange>()
  const wantsUnpacked = target('gzip') === 'none'
  const at = says('source', source.name)
  const dueOf = async (layer: Node, position: number, chosen: ReadonlySet<number>): Promise<readonly Due[]> => {
    const { digest } = layer
    const comesEncrypted = isEncryptedType(layer.mediaType)
    if (received.has(digest) && comesEncrypted && encryption !== undefined) throw receivedEncrypted(source.name)
    const before = changes.get(digest)
    const encrypts = chosen.has(position) && !comesEncrypted
    if (received.has(digest) || (before !== undefined && (before.encrypts || !encrypts))) return []
    if (isLeftOut(layer, destination)) return []
    const opened =
      comesEncrypted && encryption?.encrypts === false
        ? await at(() => encryption.open(layer), 'open layer')
        : undefined
    const from = layerForm(opened === undefined ? layer : { ...layer, mediaType: decryptedType(layer.mediaType) })
    if (opened === undefined && !encrypts) {
      if (from === undefined) return []
      const to = target(from)
      // A media type has no word for bzip2 or xz: a layer that is called uncompressed and shall be so may be neither.
      return from === to && !(to === 'none' && wantsUnpacked) ? [] : [{ layer, from, to, position }]
    }
    // What is no archive is encrypted too: an attestation tells what is in the image.
    const form = from ?? 'none'
    const to = from === undefined ? form : target(from)
    return [{ layer, from: form, to, position, ...(opened && { opened }), ...(encrypts && { encrypts }) }]
  }
  const visit = async (node: Node, isAttestation: boolean): Promise<void> => {
    const manifest = parseNode(node, await reader.read(node, signal))
    if (manifest.kind === 'index') {
      for (const child of manifest.manifests) {
        if (child.kind !== 'blob') await visit(child, attestedDigest(child) !== undefined)
      }
      return
    }
    const chosen = layersToEncrypt(manifest, node, encryption, isAttestation)
    const due: Due[] = []
    for (const [position, layer] of manifest.layers.entries()) due.push(...(await dueOf(layer, position, chosen)))
    if (due.length === 0) return
    const diffIds = await diffIdsOf(manifest, source, reader, signal)
    for (const { position, ...change } of due) {
      const isCiphered = change.encrypts === true || change.opened !== undefined
      const isUnpacked = diffIds[position] === undefined || diffIds[position] === change.layer.digest
      if (!isCiphered && change.from === change.to && isUnpacked) continue
      changes.set(change.layer.digest, {
        ...change,
        diffId: change.from === 'none' && change.opened === undefined ? change.layer.digest : diffIds[position],
      })
    }
  }
  await visit(root, false)
  return [...changes.values()]
}

type Due = Omit<LayerChange, 'diffId'> & { readonly position: number }

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
  { layer, from, to, diffId, encrypts, opened }: LayerChange,
  source: ImageSource,
  destination: ImageDestination,
  { listen, level, precompute, temporaryFolder, encryption }: ConvertOptions,
  signal: AbortSignal,
): Promise<StoredLayer> {
  const isCiphered = encrypts === true || opened !== undefined
  const there =
    diffId === undefined || to === 'none' || isCiphered
      ? undefined
      : await findVariant(diffId, to, level, destination, signal)
  if (there !== undefined) return there
  listen({ type: 'started', digest: layer.digest, kind: layer.kind, size: layer.size })
  const bytes = sourceBytes(layer, source, listen, signal)
  const at = says('source', source.name)
  const encrypt = encrypts ? encryption : undefined
  const settings = { level, precompute, temporaryFolder, encrypt, decrypted: opened !== undefined }
  return await at(async () => {
    const read = bytes.open(0, signal)
    const head = await readHead(opened === undefined ? read : await decrypted(read, opened, diffId), sniffedBytes)
    const found = sniffCompression(Buffer.concat(head.chunks))
    // No media type names bzip2 or xz, and some tools write a wrong one: a layer is what it begins as.
    const isMisnamed = found !== 'none' && found !== compressionOf(from)
    const work = isMisnamed
      ? { from: found, to, asIs: false, ...(from === 'none' ? {} : { diffId }), ...settings }
      : { from: compressionOf(from), to, asIs: false, diffId, ...settings }
    if (isCiphered && from === to) {
      return await storeLayer(head.stream(), { ...work, from: found, asIs: true, diffId }, destination, signal)
    }
    return await storeLayer(head.stream(), work, destination, signal)
  }, 'read layer')
}

async function decrypted(body: ByteStream, opened: OpenedLayer, diffId: Digest | undefined): Promise<ByteStream> {
  const { decryptLayer } = await import('../transform/encryption/index.ts')
  return decryptLayer(body, opened, diffId === undefined)
}

/** What comes once is stored before its manifest is known. */
function receivedEncrypted(source: string): LadingError {
  return new LadingError('unsupported', 'the image is encrypted, and its layers come before they are known as such', {
    side: 'source',
    subject: source,
    hint: 'copy it to oci: first, as it is, and that with the keys',
  })
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
