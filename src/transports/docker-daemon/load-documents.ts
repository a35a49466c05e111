import type { Node } from '../../model/descriptor.ts'
import type { ImageManifest } from '../../model/manifest.ts'
import { ociIndex } from '../../model/media-types.ts'
import { blobName } from '../docker-image/archive-files.ts'

/**
 * What stands in an archive beside the blobs, so that every store finds the image in it: Docker's own by manifest.json, containerd's
 * and podman's by the OCI image layout, which keeps the manifest as it is.
 */
export function loadDocuments(
  root: Node,
  manifest: ImageManifest,
  names: readonly string[],
): ReadonlyMap<string, Uint8Array> {
  const { mediaType, digest, size } = root
  const entries = names.map(name => ({
    mediaType,
    digest,
    size,
    annotations: {
      // containerd names the image by the first one; what Docker itself writes has both.
      'io.containerd.image.name': name,
      'org.opencontainers.image.ref.name': name.slice(name.lastIndexOf(':') + 1),
    },
  }))
  const image = {
    Config: blobName(manifest.config.digest),
    RepoTags: names,
    Layers: manifest.layers.map(layer => blobName(layer.digest)),
  }
  return new Map([
    ['index.json', encode({ schemaVersion: 2, mediaType: ociIndex, manifests: entries })],
    ['manifest.json', encode([image])],
    ['oci-layout', encode({ imageLayoutVersion: '1.0.0' })],
  ])
}

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}
