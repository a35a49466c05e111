import type { Descriptor, Node } from '../model/descriptor.ts'
import { type Digest, digestOf, digestParts } from '../model/digest.ts'
import { compressionOf } from '../model/layer-form.ts'
import { layerTypeAs } from '../model/media-types.ts'
import { replaceLayers, replaceManifests } from '../transform/index.ts'
import type { ManifestReader } from './manifest-reader.ts'
import { parseNode } from './parse-node.ts'
import type { StoredLayer } from './store-layer.ts'

/**
 * Writes the manifests below `root` again where layers that they name have become others, and so the indexes above them. What is written
 * is in the reader then; it is stored later, with everything else.
 *
 * @returns the new root, or the old one where nothing had to change
 */
export async function rewriteManifests(
  node: Node,
  layers: ReadonlyMap<Digest, StoredLayer>,
  reader: ManifestReader,
  signal: AbortSignal | undefined,
): Promise<Node> {
  const bytes = await reader.read(node, signal)
  const manifest = parseNode(node, bytes)
  const replacements = new Map<Digest, Descriptor>()
  if (manifest.kind === 'index') {
    for (const child of manifest.manifests) {
      const written = child.kind === 'blob' ? child : await rewriteManifests(child, layers, reader, signal)
      if (written.digest !== child.digest) replacements.set(child.digest, written)
    }
  } else {
    for (const layer of manifest.layers) {
      const stored = layers.get(layer.digest)
      if (stored === undefined || stored.digest === layer.digest) continue
      const { digest, size, form, annotations } = stored
      const mediaType = layerTypeAs(layer.mediaType, compressionOf(form))
      replacements.set(layer.digest, { mediaType, digest, size, ...(annotations === undefined ? {} : { annotations }) })
    }
  }
  if (replacements.size === 0) return node
  const written = manifest.kind === 'index' ? replaceManifests(bytes, replacements) : replaceLayers(bytes, replacements)
  const digest = digestOf(written, digestParts(node.digest).algorithm)
  reader.made(digest, written)
  return { ...node, digest, size: written.byteLength }
}
