import { LadingError } from '../errors/index.ts'
import type { Node } from '../model/descriptor.ts'
import { type Digest, digestOf } from '../model/digest.ts'
import { imageManifest } from '../model/image-manifest.ts'
import { compressionOf } from '../model/layer-form.ts'
import { detectMediaType } from '../model/manifest.ts'
import { isIndexType, layerTypeAs, ociConfig, ociLayer, ociManifest } from '../model/media-types.ts'
import type { ImageDestination, ImageSource } from '../transports/index.ts'
import type { CopyOptions } from './copy-options.ts'
import type { LayerTarget } from './layer-target.ts'
import type { ManifestReader } from './manifest-reader.ts'
import { planCopy } from './plan.ts'
import { selectRoot } from './select-root.ts'
import { findVariant } from './store-layer.ts'

/**
 * The image of a source that is read once, where the destination has everything of it already: then nothing of it has to be read. Its
 * documents are in the reader then.
 */
export async function knownImage(
  source: ImageSource,
  destination: ImageDestination,
  reader: ManifestReader,
  options: CopyOptions,
  target: LayerTarget,
  signal: AbortSignal,
): Promise<Node | undefined> {
  if (destination.document === undefined) return undefined
  const preview = await source.preview?.(signal)
  if (preview === undefined) return undefined
  if ('root' in preview) return await knownRoot(preview.root, source, destination, reader, options, signal)
  const config = await destination.document(preview.config, signal)
  const to = target('none')
  if (config === undefined) return undefined
  const variants = await Promise.all(
    preview.diffIds.map(diffId => findVariant(diffId, to, options.compressionLevel, destination, signal)),
  )
  const layers = variants.filter(variant => variant !== undefined)
  if (layers.length < variants.length) return undefined
  const mediaType = layerTypeAs(ociLayer, compressionOf(to))
  const bytes = imageManifest(
    { mediaType: ociConfig, digest: preview.config, size: config.byteLength },
    layers.map(({ digest, size, annotations }) => ({
      mediaType,
      digest,
      size,
      ...(annotations === undefined ? {} : { annotations }),
    })),
  )
  const digest = digestOf(bytes)
  reader.made(preview.config, config)
  reader.made(digest, bytes)
  return { kind: 'manifest', mediaType: ociManifest, digest, size: bytes.byteLength }
}

/** A root that the destination has, where it has what is wanted below it too. */
async function knownRoot(
  digest: Digest,
  source: ImageSource,
  destination: ImageDestination,
  reader: ManifestReader,
  options: CopyOptions,
  signal: AbortSignal,
): Promise<Node | undefined> {
  const bytes = await destination.document?.(digest, signal)
  if (bytes === undefined) return undefined
  const mediaType = detectMediaType(bytes)
  const root: Node = { kind: isIndexType(mediaType) ? 'index' : 'manifest', mediaType, digest, size: bytes.byteLength }
  reader.remember(digest, bytes)
  try {
    const { root: wanted, absent } = await selectRoot(root, options, source, destination, reader)
    const { nodes } = await planCopy(wanted, reader, destination, { absent, signal })
    return [...nodes.values()].every(({ action }) => action === 'present') ? root : undefined
  } catch (error) {
    // What is missing here would be read at the source, which has sent nothing yet: it is asked for all of it.
    if (!(error instanceof LadingError) || signal.aborted) throw error
    return undefined
  }
}
