import { LadingError } from '../../errors/index.ts'
import type { Descriptor, Node } from '../../model/descriptor.ts'
import { type Digest, digestOf } from '../../model/digest.ts'
import { imageManifest } from '../../model/image-manifest.ts'
import { ociConfig, ociManifest } from '../../model/media-types.ts'
import type { ArchiveFiles } from './archive-files.ts'
import { type ArchivedImage, archiveManifestName, parseArchiveManifest } from './archive-manifest.ts'
import { readDiffIds } from './diff-ids.ts'
import { findArchivedImage, type WantedImage } from './find-archived-image.ts'
import { knownImageName } from './image-name.ts'
import { findOriginalRoot } from './original-root.ts'

/** An image of a Docker archive, in the form in which images are copied. */
export interface ResolvedImage {
  readonly root: Node
  /** Digest of the config: of Docker's own image store, the image's ID. */
  readonly config: Digest
  /** Documents by digest: the config, and the manifest where it was made here. */
  readonly documents: ReadonlyMap<Digest, Uint8Array>
  /** Where a layer is in the archive, where no blob's name tells it. */
  readonly layers: ReadonlyMap<Digest, string>
}

/**
 * Finds an image of an archive that `docker save` or another tool wrote.
 *
 * Where the archive has the image's own manifest or index, whole, that is the root, unchanged. Else a manifest is made of the config
 * and the layers, and the same archive always gives the same one.
 *
 * @throws LadingError `bad-archive`, `image-not-found`
 */
export async function resolveArchive(
  files: ArchiveFiles,
  wanted: WantedImage,
  signal?: AbortSignal,
): Promise<ResolvedImage> {
  const image = findArchivedImage(await readArchiveManifest(files, signal), wanted)
  const configBytes = await readConfig(files, image, signal)
  const config = digestOf(configBytes)
  const names = [wanted.name, ...image.tags.map(knownImageName)].filter(name => name !== undefined)
  const original = await findOriginalRoot(files, { config, names }, signal)
  if (original !== undefined)
    return { root: original, config, documents: new Map([[config, configBytes]]), layers: new Map() }

  const stored = await readLayers(files, image, configBytes, signal)
  const bytes = imageManifest({ mediaType: ociConfig, digest: config, size: configBytes.byteLength }, stored)
  const digest = digestOf(bytes)
  return {
    root: { kind: 'manifest', mediaType: ociManifest, digest, size: bytes.byteLength },
    config,
    documents: new Map([
      [config, configBytes],
      [digest, bytes],
    ]),
    layers: new Map(stored.map((layer, position) => [layer.digest, image.layers[position] ?? ''])),
  }
}

/** @throws LadingError `bad-archive`, saying what the archive seems to be instead */
export async function readArchiveManifest(
  files: ArchiveFiles,
  signal?: AbortSignal,
): Promise<readonly ArchivedImage[]> {
  const bytes = await files.document(archiveManifestName, signal)
  if (bytes !== undefined) return parseArchiveManifest(bytes)
  const isLayout = files.size('oci-layout') !== undefined || files.size('index.json') !== undefined
  const isOld = files.size('repositories') !== undefined
  throw new LadingError('bad-archive', `the archive has no ${archiveManifestName}, so it is not one of docker save`, {
    hint: isLayout
      ? 'it looks like an OCI layout: read it with oci-archive:'
      : isOld
        ? 'it looks like one of Docker before 1.10: load it into Docker and save it again'
        : undefined,
  })
}

async function readConfig(files: ArchiveFiles, image: ArchivedImage, signal: AbortSignal | undefined) {
  const bytes = await files.document(image.config, signal)
  if (bytes !== undefined) return bytes
  throw absent('config', image.config)
}

async function readLayers(
  files: ArchiveFiles,
  { config, layers }: ArchivedImage,
  configBytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<readonly Descriptor[]> {
  const diffIds = readDiffIds(configBytes, config)
  if (diffIds.length !== layers.length) {
    throw new LadingError(
      'bad-archive',
      `${archiveManifestName} names ${layers.length} layers, and the image's config ${diffIds.length}`,
    )
  }
  const stored: Descriptor[] = []
  for (const [position, diffId] of diffIds.entries()) {
    const name = layers[position] ?? ''
    const layer = await files.layer(name, diffId, signal)
    if (layer === undefined) throw absent('layer', name)
    stored.push(layer)
  }
  return stored
}

function absent(what: string, name: string): LadingError {
  return new LadingError(
    'bad-archive',
    `the archive has not the ${what} that ${archiveManifestName} names: ${JSON.stringify(name.slice(0, 200))}`,
  )
}
