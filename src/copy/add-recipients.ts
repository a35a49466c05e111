import type { Node } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { isEncryptedType } from '../model/media-types.ts'
import type { LayerEncryption } from '../transform/encryption/index.ts'
import { attestedDigest, type LayerAnnotations } from '../transform/index.ts'
import type { ImageSource } from '../transports/index.ts'
import { layersToEncrypt } from './layers-to-encrypt.ts'
import type { ManifestReader } from './manifest-reader.ts'
import { parseNode } from './parse-node.ts'
import { says } from './sides.ts'

/**
 * Wraps the keys of layers that are encrypted already for the recipients of this copy too. Their bytes stay as they are.
 *
 * @returns what such layers say then, by their place, for each manifest by its digest
 * @throws LadingError `no-key`
 */
export async function addRecipients(
  root: Node,
  { name }: Pick<ImageSource, 'name'>,
  reader: ManifestReader,
  encryption: LayerEncryption | undefined,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<Digest, LayerAnnotations>> {
  const at = says('source', name)
  const added = new Map<Digest, LayerAnnotations>()
  const visit = async (node: Node, wanted: LayerEncryption, isAttestation: boolean): Promise<void> => {
    const manifest = parseNode(node, await reader.read(node, signal))
    if (manifest.kind === 'index') {
      for (const child of manifest.manifests) {
        if (child.kind !== 'blob') await visit(child, wanted, attestedDigest(child) !== undefined)
      }
      return
    }
    const places = new Map<number, Readonly<Record<string, string>>>()
    for (const place of layersToEncrypt(manifest, node, wanted, isAttestation)) {
      const layer = manifest.layers[place]
      if (layer === undefined || !isEncryptedType(layer.mediaType)) continue
      places.set(place, await at(() => wanted.addRecipients(layer), 'open layer'))
    }
    if (places.size > 0) added.set(node.digest, places)
  }
  if (encryption?.encrypts) await visit(root, encryption, false)
  return added
}
