import type { Descriptor } from './descriptor.ts'
import { ociManifest } from './media-types.ts'

/**
 * The manifest of an image that has none: OCI image specification, manifest.md. The same config and layers always give the same
 * bytes, so an image that comes from a Docker daemon has one digest wherever it is pushed from.
 */
export function imageManifest(config: Descriptor, layers: readonly Descriptor[]): Uint8Array {
  const plain = ({ mediaType, digest, size, annotations }: Descriptor) => ({
    mediaType,
    digest,
    size,
    ...(annotations === undefined ? {} : { annotations }),
  })
  const manifest = { schemaVersion: 2, mediaType: ociManifest, config: plain(config), layers: layers.map(plain) }
  return new TextEncoder().encode(JSON.stringify(manifest))
}
