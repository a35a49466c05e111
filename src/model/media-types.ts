/** OCI image specification, media-types.md. */
export const ociManifest = 'application/vnd.oci.image.manifest.v1+json'
export const ociIndex = 'application/vnd.oci.image.index.v1+json'
export const ociConfig = 'application/vnd.oci.image.config.v1+json'
export const ociLayer = 'application/vnd.oci.image.layer.v1.tar'
export const ociLayerGzip = 'application/vnd.oci.image.layer.v1.tar+gzip'
export const ociLayerZstd = 'application/vnd.oci.image.layer.v1.tar+zstd'

/** Docker image manifest version 2, schema 2 and schema 1. */
export const dockerManifest = 'application/vnd.docker.distribution.manifest.v2+json'
export const dockerManifestList = 'application/vnd.docker.distribution.manifest.list.v2+json'
export const dockerConfig = 'application/vnd.docker.container.image.v1+json'
export const dockerLayer = 'application/vnd.docker.image.rootfs.diff.tar'
export const dockerLayerGzip = 'application/vnd.docker.image.rootfs.diff.tar.gzip'
export const dockerLayerZstd = 'application/vnd.docker.image.rootfs.diff.tar.zstd'
const dockerSchema1 = [
  'application/vnd.docker.distribution.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
]

/** How manifests are written: OCI image specification; Docker, image manifest version 2 schema 2 and schema 1. */
export type ManifestFormat = 'oci' | 'v2s2' | 'v2s1'

export function isIndexType(mediaType: string): boolean {
  return mediaType === ociIndex || mediaType === dockerManifestList
}

export function isManifestType(mediaType: string): boolean {
  return mediaType === ociManifest || mediaType === dockerManifest
}

export function isSchema1Type(mediaType: string): boolean {
  return dockerSchema1.includes(mediaType)
}

/** A config that describes a root file system, and so names a platform. An artifact's config does not. */
export function isImageConfigType(mediaType: string): boolean {
  return mediaType === ociConfig || mediaType === dockerConfig
}

/** How a layer's tar archive is compressed. */
export type LayerCompression = 'none' | 'gzip' | 'zstd'

const layerTypes: Readonly<Record<string, Readonly<Record<LayerCompression, string>>>> = {
  oci: { none: ociLayer, gzip: ociLayerGzip, zstd: ociLayerZstd },
  ociNondistributable: {
    none: 'application/vnd.oci.image.layer.nondistributable.v1.tar',
    gzip: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
    zstd: 'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd',
  },
  // Docker has no name for zstd; what reads it takes the one that containers/image writes.
  docker: { none: dockerLayer, gzip: dockerLayerGzip, zstd: dockerLayerZstd },
}

/** How a layer of this type is compressed, or `undefined` where it is no layer of a root file system (or is encrypted). */
export function layerCompression(mediaType: string): LayerCompression | undefined {
  const bare = bareMediaType(mediaType)
  for (const family of Object.values(layerTypes)) {
    const found = Object.entries(family).find(([, type]) => type === bare)
    if (found !== undefined) return found[0] as LayerCompression
  }
  return undefined
}

/** The type of the same layer, compressed otherwise. */
export function layerTypeAs(mediaType: string, compression: LayerCompression): string {
  const bare = bareMediaType(mediaType)
  const family = Object.values(layerTypes).find(types => Object.values(types).includes(bare))
  return (family ?? layerTypes.oci)?.[compression] ?? mediaType
}

/** What a registry is told that we understand, most wanted first. */
export const acceptedManifestTypes: readonly string[] = [ociIndex, dockerManifestList, ociManifest, dockerManifest]

/** A Content-Type or mediaType without its parameters, in lower case. */
export function bareMediaType(value: string): string {
  return (value.split(';', 1)[0] ?? '').trim().toLowerCase()
}
