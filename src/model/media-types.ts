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
export const dockerSchema1 = 'application/vnd.docker.distribution.manifest.v1+json'
export const dockerSchema1Signed = 'application/vnd.docker.distribution.manifest.v1+prettyjws'

/** The formats of manifests by the names that the containers tools give them: OCI, and Docker's schema 2 and schema 1. */
export type ManifestFormat = 'oci' | 'v2s2' | 'v2s1'

/** The format of what has this type, if it is a manifest's or an index's. */
export function formatOfManifest(mediaType: string): ManifestFormat | undefined {
  const bare = bareMediaType(mediaType)
  if (bare === ociManifest || bare === ociIndex) return 'oci'
  if (bare === dockerManifest || bare === dockerManifestList) return 'v2s2'
  return isSchema1Type(bare) ? 'v2s1' : undefined
}

export function isIndexType(mediaType: string): boolean {
  return mediaType === ociIndex || mediaType === dockerManifestList
}

export function isManifestType(mediaType: string): boolean {
  return mediaType === ociManifest || mediaType === dockerManifest
}

export function isSchema1Type(mediaType: string): boolean {
  return mediaType === dockerSchema1 || mediaType === dockerSchema1Signed
}

/** A config that describes a root file system, and so names a platform. An artifact's config does not. */
export function isImageConfigType(mediaType: string): boolean {
  return mediaType === ociConfig || mediaType === dockerConfig
}

/** How a layer's tar archive is compressed. */
export type LayerCompression = 'none' | 'gzip' | 'zstd'

type LayerFamily = 'oci' | 'ociNondistributable' | 'docker' | 'dockerForeign'

const layerTypes: Readonly<Record<LayerFamily, Readonly<Record<LayerCompression, string>>>> = {
  oci: { none: ociLayer, gzip: ociLayerGzip, zstd: ociLayerZstd },
  ociNondistributable: {
    none: 'application/vnd.oci.image.layer.nondistributable.v1.tar',
    gzip: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
    zstd: 'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd',
  },
  // Docker has no name for zstd; what reads it takes the one that containers/image writes.
  docker: { none: dockerLayer, gzip: dockerLayerGzip, zstd: dockerLayerZstd },
  dockerForeign: {
    none: 'application/vnd.docker.image.rootfs.foreign.diff.tar',
    gzip: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    zstd: 'application/vnd.docker.image.rootfs.foreign.diff.tar.zstd',
  },
}

const familyOf: Readonly<Record<Exclude<ManifestFormat, 'v2s1'>, Readonly<Record<'own' | 'foreign', LayerFamily>>>> = {
  oci: { own: 'oci', foreign: 'ociNondistributable' },
  v2s2: { own: 'docker', foreign: 'dockerForeign' },
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

/** Whether the layer may have to be fetched from where its descriptor's `urls` say: Docker's foreign, OCI's non-distributable. */
export function isForeignLayerType(mediaType: string): boolean {
  const family = layerFamily(mediaType)
  return family === familyOf.oci.foreign || family === familyOf.v2s2.foreign
}

/** What ocicrypt adds to the type of a layer that is encrypted. */
const encryptedSuffix = '+encrypted'

export function isEncryptedType(mediaType: string): boolean {
  return bareMediaType(mediaType).endsWith(encryptedSuffix)
}

/** The type of the same layer, encrypted: OCI's, since Docker's formats have no name for it. */
export function encryptedType(mediaType: string): string {
  return `${layerTypeIn('oci', mediaType) ?? bareMediaType(mediaType)}${encryptedSuffix}`
}

/** The type of the same layer, decrypted. */
export function decryptedType(mediaType: string): string {
  return isEncryptedType(mediaType) ? bareMediaType(mediaType).slice(0, -encryptedSuffix.length) : mediaType
}

/** The type of the same layer, compressed otherwise. */
export function layerTypeAs(mediaType: string, compression: LayerCompression): string {
  return layerTypes[layerFamily(mediaType) ?? 'oci'][compression]
}

/** The type of the same layer in a manifest of the other format, or `undefined` where it is no layer of a root file system. */
export function layerTypeIn(format: 'oci' | 'v2s2', mediaType: string): string | undefined {
  const compression = layerCompression(mediaType)
  if (compression === undefined) return undefined
  return layerTypes[familyOf[format][isForeignLayerType(mediaType) ? 'foreign' : 'own']][compression]
}

function layerFamily(mediaType: string): LayerFamily | undefined {
  const bare = bareMediaType(mediaType)
  const families = Object.keys(layerTypes) as LayerFamily[]
  return families.find(family => Object.values(layerTypes[family]).includes(bare))
}

/** What a registry is told that we understand, most wanted first. */
export const acceptedManifestTypes: readonly string[] = [
  ociIndex,
  dockerManifestList,
  ociManifest,
  dockerManifest,
  dockerSchema1Signed,
  dockerSchema1,
]

/** A Content-Type or mediaType without its parameters, in lower case. */
export function bareMediaType(value: string): string {
  return (value.split(';', 1)[0] ?? '').trim().toLowerCase()
}
