import { LadingError } from '../errors/index.ts'
import type { Descriptor } from '../model/descriptor.ts'
import { type Digest, digestOf } from '../model/digest.ts'
import { goFields, goJson, goObject } from '../model/go-json.ts'
import { dockerConfig, dockerLayer, dockerManifest, type LayerCompression, layerTypeAs } from '../model/media-types.ts'
import type { Schema1, Schema1Entry } from '../model/schema1.ts'
import { isBefore183, rewriteOldConfig } from './old-image-config.ts'

/** A layer as it is stored, and what schema 1 does not say of it. */
export interface Schema1Layer {
  readonly digest: Digest
  readonly size: number
  /** The digest of the uncompressed layer. */
  readonly diffId: Digest
  /** Default `gzip`, which is what Docker wrote. */
  readonly compression?: LayerCompression
}

/** An image of schema 2. */
export interface Schema2Image {
  readonly manifest: Uint8Array
  readonly config: Uint8Array
  readonly layers: readonly Descriptor[]
}

/** The steps that left a layer, oldest first. Several may have one digest. */
export function schema1Layers({ history }: Schema1): readonly Schema1Entry[] {
  return history.filter(({ throwaway }) => !throwaway)
}

/**
 * The image of a manifest of schema 1: its config is what the newest entry describes, with the history of all.
 *
 * `layers` are those that schema1Layers() names, in that order. The config has the bytes that Docker and the containers tools
 * make, so the image has one ID wherever it is pulled to.
 *
 * @throws LadingError `internal` where `layers` are not as many, `bad-manifest` where the newest entry cannot be used
 */
export function fromSchema1(schema1: Schema1, layers: readonly Schema1Layer[]): Schema2Image {
  const wanted = schema1Layers(schema1).length
  if (layers.length !== wanted) {
    throw new LadingError('internal', `an image of ${wanted} layers was to be made of ${layers.length}`)
  }
  const config = encode(configOf(schema1, layers))
  const descriptors = layers.map(({ digest, size, compression = 'gzip' }) => ({
    mediaType: layerTypeAs(dockerLayer, compression),
    size,
    digest,
  }))
  const manifest = goJson({
    schemaVersion: 2,
    mediaType: dockerManifest,
    config: { mediaType: dockerConfig, size: config.byteLength, digest: digestOf(config) },
    layers: descriptors,
  })
  return { manifest: encode(manifest), config, layers: descriptors }
}

/** What an image of schema 1 has and one of schema 2 has not. */
const oldFields = ['id', 'parent', 'parent_id', 'layer_id', 'throwaway', 'Size']

function configOf({ history }: Schema1, layers: readonly Schema1Layer[]): string {
  // parsed before: an object
  const newest = history.at(-1)?.v1Compatibility ?? '{}'
  const { docker_version: version } = JSON.parse(newest) as { docker_version?: unknown }
  const old = typeof version === 'string' && isBefore183(version)
  const fields = goFields(old ? rewriteOldConfig(newest) : newest)
  for (const field of oldFields) fields.delete(field)
  // Go leaves a list of no layers out
  const diffIds = layers.length === 0 ? undefined : layers.map(({ diffId }) => diffId)
  fields.set('rootfs', goJson({ type: 'layers', diff_ids: diffIds }))
  fields.set('history', goJson(history.map(toHistory)))
  return goObject(fields)
}

function toHistory({ created, author, createdBy, comment, throwaway }: Schema1Entry) {
  return {
    created,
    author: author || undefined,
    created_by: createdBy || undefined,
    comment: comment || undefined,
    empty_layer: throwaway || undefined,
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
