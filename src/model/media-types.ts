/** OCI image specification, media-types.md. */
export const ociManifest = 'application/vnd.oci.image.manifest.v1+json'
export const ociIndex = 'application/vnd.oci.image.index.v1+json'
export const ociConfig = 'application/vnd.oci.image.config.v1+json'
export const ociLayerGzip = 'application/vnd.oci.image.layer.v1.tar+gzip'

/** Docker image manifest version 2, schema 2 and schema 1. */
export const dockerManifest = 'application/vnd.docker.distribution.manifest.v2+json'
export const dockerManifestList = 'application/vnd.docker.distribution.manifest.list.v2+json'
export const dockerConfig = 'application/vnd.docker.container.image.v1+json'
const dockerSchema1 = [
  'application/vnd.docker.distribution.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
]

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

/** What a registry is told that we understand, most wanted first. */
export const acceptedManifestTypes: readonly string[] = [ociIndex, dockerManifestList, ociManifest, dockerManifest]

/** A Content-Type or mediaType without its parameters, in lower case. */
export function bareMediaType(value: string): string {
  return (value.split(';', 1)[0] ?? '').trim().toLowerCase()
}
