import { LadingError } from '../errors/index.ts'
import { parseManifest } from '../model/manifest.ts'
import {
  dockerConfig,
  dockerManifest,
  formatOfManifest,
  isImageConfigType,
  layerCompression,
  layerTypeIn,
  ociConfig,
  ociManifest,
} from '../model/media-types.ts'
import { keepFields, type Raw } from './keep-fields.ts'

/** A manifest or index in another format. */
export interface Converted {
  readonly bytes: Uint8Array
  readonly mediaType: string
  /** What the new format has no place for, as paths: `annotations`, `layers.0.annotations`. */
  readonly dropped: readonly string[]
}

/** The fields of a format, in the order in which the containers tools write them: so the bytes are theirs too, where they can be. */
export const descriptorFields = {
  oci: ['mediaType', 'digest', 'size', 'urls', 'annotations', 'data', 'platform', 'artifactType'],
  v2s2: ['mediaType', 'size', 'digest', 'urls'],
} as const
const manifestFields = {
  oci: ['schemaVersion', 'mediaType', 'artifactType', 'config', 'layers', 'subject', 'annotations'],
  v2s2: ['schemaVersion', 'mediaType', 'config', 'layers'],
} as const

/**
 * The same image in the other format. One that has the format already is given back as it is.
 *
 * Only the media types change. The config keeps its bytes, and so its digest, which is the ID of the image: both formats
 * have the same fields there. (The containers tools write it anew on the way to OCI, and lose fields that OCI does not name, like a health check.)
 *
 * `declaredType` is what the descriptor or the Content-Type said.
 *
 * @throws LadingError `bad-manifest` where it is no manifest, `unsupported` where the format cannot say what it is
 */
export function convertManifest(bytes: Uint8Array, to: 'oci' | 'v2s2', declaredType?: string): Converted {
  const manifest = parseManifest(bytes, declaredType)
  if (manifest.kind === 'index') throw new LadingError('bad-manifest', 'the index is not the manifest of one image')
  if (formatOfManifest(manifest.mediaType) === to) return { bytes, mediaType: manifest.mediaType, dropped: [] }

  // parsed above: an object with a config and a list of layers
  const raw = JSON.parse(new TextDecoder().decode(bytes)) as { config: Raw; layers?: readonly Raw[] | null }
  const dropped: string[] = []
  const mediaType = to === 'oci' ? ociManifest : dockerManifest
  const config = keepFields(
    { ...raw.config, mediaType: configTypeIn(to, manifest.config.mediaType) },
    descriptorFields[to],
    'config',
    dropped,
  )
  const layers = (raw.layers ?? []).map((layer, position) => {
    const type = layerTypeAsked(to, manifest.layers[position]?.mediaType ?? '')
    return keepFields({ ...layer, mediaType: type }, descriptorFields[to], `layers.${position}`, dropped)
  })
  const kept = keepFields({ ...raw, mediaType }, manifestFields[to], '', dropped)
  return { bytes: new TextEncoder().encode(JSON.stringify({ ...kept, config, layers })), mediaType, dropped }
}

/** Docker's other things, a plugin's config for one, are artifacts in OCI, which gives them any type. */
function configTypeIn(to: 'oci' | 'v2s2', mediaType: string): string {
  if (isImageConfigType(mediaType)) return to === 'oci' ? ociConfig : dockerConfig
  if (to === 'oci') return mediaType
  throw refused(`it is an artifact, not the file system of a container: its config is ${mediaType}`)
}

function layerTypeAsked(to: 'oci' | 'v2s2', mediaType: string): string {
  const type = layerTypeIn(to, mediaType)
  if (to === 'oci') return type ?? mediaType
  if (type === undefined) {
    throw refused(
      mediaType.endsWith('+encrypted')
        ? `its layer is encrypted (${mediaType})`
        : `${mediaType} is no layer of a file system`,
    )
  }
  // The name that some give to such a layer of Docker's is in no specification, and Docker does not read it.
  if (layerCompression(mediaType) === 'zstd') {
    throw refused('its layer is compressed with zstd', 'have its layers compressed with gzip')
  }
  return type
}

function refused(why: string, hint = 'copy it to a place that takes OCI images'): LadingError {
  return new LadingError('unsupported', `Docker's schema 2 has no way to say what this image is: ${why}`, { hint })
}
