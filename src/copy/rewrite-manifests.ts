import { LadingError } from '../errors/index.ts'
import type { Descriptor, Node } from '../model/descriptor.ts'
import { type Digest, digestOf, digestParts } from '../model/digest.ts'
import { compressionOf, layerForm } from '../model/layer-form.ts'
import type { ImageIndex, ImageManifest } from '../model/manifest.ts'
import {
  decryptedType,
  encryptedType,
  formatOfManifest,
  isEncryptedType,
  layerCompression,
  layerTypeAs,
  type ManifestFormat,
} from '../model/media-types.ts'
import {
  annotateLayers,
  attestedDigest,
  type Converted,
  convertIndex,
  convertManifest,
  type LayerAnnotations,
  replaceLayers,
} from '../transform/index.ts'
import type { ManifestReader } from './manifest-reader.ts'
import { parseNode } from './parse-node.ts'
import type { StoredLayer } from './store-layer.ts'

export interface Rewriting {
  /** What became of layers, by the digest that the source's manifest names them with. */
  readonly layers: ReadonlyMap<Digest, StoredLayer>
  /** What layers say that stay as they are, by the digest of their manifest and their place in it. */
  readonly recipients: ReadonlyMap<Digest, LayerAnnotations>
  /** What the manifests shall be. Default: what they are, where that can say what the layers have become. */
  readonly format: ManifestFormat | undefined
  readonly signal: AbortSignal | undefined
}

export interface Rewritten {
  readonly root: Node
  /** Where manifests have another format now. */
  readonly converted?: ManifestFormat
  /** What the new format has no place for, by name. */
  readonly dropped: ReadonlySet<string>
}

/**
 * Writes the manifests below `root` again where layers that they name have become others, or where they shall have another format, and
 * so the indexes above them. What is written is in the reader then; it is stored later, with everything else.
 *
 * @returns the new root, or the old one where nothing had to change
 * @throws LadingError `unsupported` where the format cannot say what the image is
 */
export async function rewriteManifests(root: Node, rewriting: Rewriting, reader: ManifestReader): Promise<Rewritten> {
  const dropped = new Set<string>()
  let converted: ManifestFormat | undefined
  const rewrite = async (node: Node): Promise<Node> => {
    const bytes = await reader.read(node, rewriting.signal)
    const manifest = parseNode(node, bytes)
    const written =
      manifest.kind === 'index'
        ? await rewriteIndex(bytes, manifest)
        : rewriteManifest(node, bytes, manifest, rewriting)
    for (const field of written.dropped) dropped.add(field.replace(/\.\d+\b/g, ''))
    if (written.bytes === bytes) return node
    const format = formatOfManifest(written.mediaType)
    if (format !== formatOfManifest(node.mediaType)) converted = format
    const digest = digestOf(written.bytes, digestParts(node.digest).algorithm)
    reader.made(digest, written.bytes)
    return { ...node, mediaType: written.mediaType, digest, size: written.bytes.byteLength }
  }
  const rewriteIndex = async (bytes: Uint8Array, index: ImageIndex): Promise<Converted> => {
    const to = rewriting.format
    const replacements = new Map<Digest, Descriptor | null>()
    for (const child of index.manifests) {
      if (child.kind === 'blob') continue
      if (to === 'v2s2' && attestedDigest(child) !== undefined) {
        // What is no image cannot be said in Docker's format.
        replacements.set(child.digest, null)
        dropped.add('attestations')
        continue
      }
      const written = await rewrite(child)
      if (written.digest !== child.digest) replacements.set(child.digest, written)
    }
    const types = [...replacements.values()].map(child => formatOfManifest(child?.mediaType ?? ''))
    const format = to ?? (types.includes('oci') ? 'oci' : formatOfManifest(index.mediaType))
    if (format === 'v2s1') throw noIndex()
    if (replacements.size === 0 && format === formatOfManifest(index.mediaType)) {
      return { bytes, mediaType: index.mediaType, dropped: [] }
    }
    return convertIndex(bytes, format ?? 'oci', replacements, index.mediaType)
  }
  const written = await rewrite(root)
  return { root: written, ...(converted && { converted }), dropped }
}

function rewriteManifest(
  { digest }: Node,
  bytes: Uint8Array,
  manifest: ImageManifest,
  { layers, recipients, format }: Rewriting,
): Converted {
  const replacements = new Map<Digest, Descriptor>()
  for (const layer of manifest.layers) {
    const stored = layers.get(layer.digest)
    if (stored === undefined || (stored.digest === layer.digest && stored.became === undefined)) continue
    replacements.set(layer.digest, layerAsStored(layer, stored))
  }
  const replaced = replacements.size === 0 ? bytes : replaceLayers(bytes, replacements)
  const said = recipients.get(digest)
  const annotated = said === undefined ? replaced : annotateLayers(replaced, said)
  const needsOci = [...replacements.values()].some(
    layer => isEncryptedType(layer.mediaType) || compressionOf(layerForm(layer) ?? 'none') === 'zstd',
  )
  const to = format ?? (needsOci ? 'oci' : formatOfManifest(manifest.mediaType))
  // Schema 1 is made of the whole image, when its layers are known.
  if (to === undefined || to === 'v2s1' || to === formatOfManifest(manifest.mediaType)) {
    return { bytes: annotated, mediaType: manifest.mediaType, dropped: [] }
  }
  return convertManifest(annotated, to, manifest.mediaType)
}

function layerAsStored({ mediaType }: Node, { digest, size, form, became, annotations }: StoredLayer): Descriptor {
  const plain = became === 'decrypted' ? decryptedType(mediaType) : mediaType
  // An attestation is stored as it is, and no archive's type would be its own.
  const formed =
    layerCompression(plain) === undefined && became !== undefined ? plain : layerTypeAs(plain, compressionOf(form))
  const type = became === 'encrypted' ? encryptedType(formed) : formed
  return { mediaType: type, digest, size, ...(annotations === undefined ? {} : { annotations }) }
}

function noIndex(): LadingError {
  return new LadingError('unsupported', 'schema 1 has no way to say that an image is for several platforms', {
    hint: 'choose one with --platform',
  })
}
