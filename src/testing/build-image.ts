import { gzipSync } from 'node:zlib'
import type { Descriptor, Node } from '../model/descriptor.ts'
import { type Digest, type DigestAlgorithm, digestOf } from '../model/digest.ts'
import { ociConfig, ociIndex, ociLayer, ociLayerGzip, ociManifest } from '../model/media-types.ts'
import { formatPlatform, parsePlatform } from '../model/platform.ts'

/** An image in memory: a root, and the bytes of everything below it and of itself. */
export interface BuiltImage {
  readonly root: Node
  readonly blobs: ReadonlyMap<Digest, Uint8Array>
}

export interface ImageRecipe {
  /** Default `linux/amd64`. */
  readonly platform?: string
  /** The layers' bytes. They are not tar archives: nothing that moves an image looks into them. */
  readonly layers?: readonly Uint8Array[]
  /** Store the layers with gzip. */
  readonly gzip?: boolean
  readonly algorithm?: DigestAlgorithm
  /** How it is run. */
  readonly run?: Readonly<Record<string, unknown>>
  /** Fields to add to the manifest, or to replace in it. */
  readonly manifest?: Readonly<Record<string, unknown>>
}

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

/** Makes a single-platform image. */
export function buildImage(recipe: ImageRecipe = {}): BuiltImage {
  const { algorithm = 'sha256', layers = [encode('a layer')] } = recipe
  const { os, architecture, variant } = parsePlatform(recipe.platform ?? 'linux/amd64')
  const blobs = new Map<Digest, Uint8Array>()
  const add = (bytes: Uint8Array, mediaType: string): Descriptor => {
    const digest = digestOf(bytes, algorithm)
    blobs.set(digest, bytes)
    return { mediaType, digest, size: bytes.byteLength }
  }
  const layerDescriptors = layers.map(layer =>
    recipe.gzip ? add(gzipSync(layer), ociLayerGzip) : add(layer, ociLayer),
  )
  const config = add(
    encode({
      os,
      architecture,
      variant,
      config: recipe.run ?? {},
      rootfs: { type: 'layers', diff_ids: layers.map(layer => digestOf(layer, algorithm)) },
    }),
    ociConfig,
  )
  const manifest = { schemaVersion: 2, mediaType: ociManifest, config, layers: layerDescriptors, ...recipe.manifest }
  return { root: { kind: 'manifest', ...add(encode(manifest), ociManifest) }, blobs }
}

export interface IndexRecipe {
  readonly algorithm?: DigestAlgorithm
  /** Adds to each image an attestation manifest as BuildKit does. */
  readonly attestations?: boolean
}

/** Makes an index over single-platform images, by platform: `{ 'linux/amd64': recipe }`. */
export function buildIndex(images: Readonly<Record<string, ImageRecipe>>, recipe: IndexRecipe = {}): BuiltImage {
  const { algorithm = 'sha256' } = recipe
  const blobs = new Map<Digest, Uint8Array>()
  const entries: Descriptor[] = []
  const add = (image: BuiltImage, rest: Partial<Descriptor>) => {
    for (const [digest, bytes] of image.blobs) blobs.set(digest, bytes)
    const { mediaType, digest, size } = image.root
    entries.push({ mediaType, digest, size, ...rest })
    return digest
  }
  for (const [name, imageRecipe] of Object.entries(images)) {
    const platform = parsePlatform(name)
    const attested = add(buildImage({ algorithm, ...imageRecipe, platform: name }), { platform })
    if (recipe.attestations) {
      const statement = buildImage({ algorithm, layers: [encode({ statement: formatPlatform(platform) })] })
      add(statement, {
        platform: { os: 'unknown', architecture: 'unknown' },
        annotations: { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': attested },
      })
    }
  }
  const bytes = encode({ schemaVersion: 2, mediaType: ociIndex, manifests: entries })
  const digest = digestOf(bytes, algorithm)
  blobs.set(digest, bytes)
  return { root: { kind: 'index', mediaType: ociIndex, digest, size: bytes.byteLength }, blobs }
}
