import { LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import { imageManifest } from '../../model/image-manifest.ts'
import { type ImageManifest, parseManifest } from '../../model/manifest.ts'
import {
  isImageConfigType,
  type LayerCompression,
  layerCompression,
  ociConfig,
  ociLayer,
} from '../../model/media-types.ts'

/** A place of Docker's: it has images that can be run, for one platform each, and nothing else. */
export interface ImagePlace {
  /** What it cannot do with another: `a Docker archive cannot hold`. */
  readonly cannot: string
  readonly layers: readonly LayerCompression[]
}

/**
 * The manifest of an image that the place can have.
 *
 * @throws LadingError `unsupported` for an index, and for what is no image or has layers that the place does not take
 */
export function plainImage(root: Node, bytes: Uint8Array, place: ImagePlace): ImageManifest {
  const manifest = parseManifest(bytes, root.mediaType)
  if (manifest.kind === 'index') throw severalPlatforms(place)
  for (const node of [manifest.config, ...manifest.layers]) requirePlain(node, place)
  return manifest
}

/** @throws LadingError `unsupported` for what is neither an image's config nor a layer that the place takes */
export function requirePlain({ kind, mediaType }: Node, place: ImagePlace): void {
  if (kind === 'index' || kind === 'manifest') throw severalPlatforms(place)
  if (kind === 'config') {
    if (isImageConfigType(mediaType)) return
    throw refused(place, `it is an artifact, not the file system of a container: its config is ${mediaType}`)
  }
  const compression = kind === 'layer' ? layerCompression(mediaType) : undefined
  if (compression === undefined) throw refused(place, `${mediaType} is no layer of a file system, or an encrypted one`)
  if (!place.layers.includes(compression)) throw refused(place, `its layer is compressed with ${compression}`)
}

export function severalPlatforms(place: ImagePlace): LadingError {
  return refused(place, 'it is of several platforms')
}

/** The manifest that is made of an image where it is read from a place that has its layers unpacked and no manifest. */
export function madeManifest({ config, layers }: ImageManifest): Uint8Array {
  const plain = layers.map(layer => ({ ...layer, mediaType: ociLayer }))
  return imageManifest({ ...config, mediaType: ociConfig }, plain)
}

function refused({ cannot }: ImagePlace, why: string): LadingError {
  return new LadingError('unsupported', `${cannot} this image: ${why}`, {
    hint: 'copy it to a registry, a bucket, oci: or oci-archive:, which hold whatever an image can be',
  })
}
