import { LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import { type ImageManifest, parseManifest } from '../../model/manifest.ts'
import { isImageConfigType, type LayerCompression, layerCompression } from '../../model/media-types.ts'

const hint = 'copy it to a registry, a bucket, oci: or oci-archive:, which hold whatever an image can be'

/**
 * The manifest of an image that Docker can load.
 *
 * @throws LadingError `unsupported` for an index, and for what is no image or has layers that this daemon cannot unpack
 */
export function loadableImage(root: Node, bytes: Uint8Array, layers: readonly LayerCompression[]): ImageManifest {
  checkLoadable(root, layers)
  const manifest = parseManifest(bytes, root.mediaType)
  if (manifest.kind === 'index') throw refused('it names several platforms')
  for (const node of [manifest.config, ...manifest.layers]) checkLoadable(node, layers)
  return manifest
}

/** @throws LadingError `unsupported` */
export function checkLoadable({ kind, mediaType }: Node, layers: readonly LayerCompression[]): void {
  if (kind === 'manifest' || (kind === 'config' && isImageConfigType(mediaType))) return
  if (kind === 'index') throw refused('it names several platforms')
  if (kind === 'config')
    throw refused(`it is an artifact, not the file system of a container: its config is ${mediaType}`)
  const compression = kind === 'layer' ? layerCompression(mediaType) : undefined
  if (compression === undefined) throw refused(`${mediaType} is no layer of a file system, or an encrypted one`)
  if (!layers.includes(compression))
    throw refused(`its layers are compressed with ${compression}, which it cannot unpack`)
}

function refused(why: string): LadingError {
  return new LadingError('unsupported', `this Docker daemon cannot load the image: ${why}`, { hint })
}
