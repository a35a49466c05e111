import { LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import { imageManifest } from '../../model/image-manifest.ts'
import { type ImageManifest, parseManifest } from '../../model/manifest.ts'
import { isImageConfigType, layerCompression, ociConfig, ociLayer } from '../../model/media-types.ts'

const hint = 'copy it to a registry, a bucket, oci: or oci-archive:, which hold whatever an image can be'

/**
 * The manifest of an image that a Docker archive can hold.
 *
 * @throws LadingError `unsupported` for an index, and for what is no image or has layers that are not plain archives
 */
export function holdableImage(root: Node, bytes: Uint8Array): ImageManifest {
  const manifest = parseManifest(bytes, root.mediaType)
  if (manifest.kind === 'index') throw severalPlatforms()
  for (const node of [manifest.config, ...manifest.layers]) checkHoldable(node)
  return manifest
}

/** @throws LadingError `unsupported` for what a Docker archive has no place for */
export function checkHoldable({ kind, mediaType }: Node): void {
  if (kind === 'index' || kind === 'manifest') throw severalPlatforms()
  if (kind === 'config') {
    if (isImageConfigType(mediaType)) return
    throw refused(`it is an artifact, not the file system of a container: its config is ${mediaType}`)
  }
  const compression = kind === 'layer' ? layerCompression(mediaType) : undefined
  if (compression === 'none') return
  throw refused(
    compression === undefined
      ? `${mediaType} is no layer of a file system, or an encrypted one`
      : `its layer is compressed with ${compression}`,
  )
}

/** The manifest that reading the archive will make of the image: it keeps none. */
export function madeManifest({ config, layers }: ImageManifest): Uint8Array {
  const plain = layers.map(layer => ({ ...layer, mediaType: ociLayer }))
  return imageManifest({ ...config, mediaType: ociConfig }, plain)
}

export function severalPlatforms(): LadingError {
  return refused('it is of several platforms')
}

function refused(why: string): LadingError {
  return new LadingError('unsupported', `a Docker archive cannot hold this image: ${why}`, { hint })
}
