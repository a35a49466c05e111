import type { Node } from '../model/descriptor.ts'
import { digestOf } from '../model/digest.ts'
import { imageManifest } from '../model/image-manifest.ts'
import { layerTypeAs, ociConfig, ociLayer, ociManifest } from '../model/media-types.ts'
import type { ImageDestination, ImageSource } from '../transports/index.ts'
import type { LayerTarget } from './layer-target.ts'
import type { ManifestReader } from './manifest-reader.ts'
import { findVariant } from './store-layer.ts'

/**
 * The image of a source that is read once, where the destination has its config and every one of its layers already: then nothing
 * of it has to be read. Its manifest and its config are in the reader then.
 */
export async function knownImage(
  source: ImageSource,
  destination: ImageDestination,
  reader: ManifestReader,
  target: LayerTarget,
  signal: AbortSignal,
): Promise<Node | undefined> {
  const to = target('none')
  if (destination.config === undefined || destination.variants === undefined || to === 'none') return undefined
  const preview = await source.preview?.(signal)
  if (preview === undefined) return undefined
  const config = await destination.config(preview.config, signal)
  if (config === undefined) return undefined
  const variants = await Promise.all(preview.diffIds.map(diffId => findVariant(diffId, to, destination, signal)))
  const layers = variants.filter(variant => variant !== undefined)
  if (layers.length < variants.length) return undefined
  const mediaType = layerTypeAs(ociLayer, to)
  const bytes = imageManifest(
    { mediaType: ociConfig, digest: preview.config, size: config.byteLength },
    layers.map(({ digest, size }) => ({ mediaType, digest, size })),
  )
  const digest = digestOf(bytes)
  reader.made(preview.config, config)
  reader.made(digest, bytes)
  return { kind: 'manifest', mediaType: ociManifest, digest, size: bytes.byteLength }
}
