import { LadingError } from '../errors/index.ts'
import type { Node } from '../model/descriptor.ts'
import { decryptedType, isImageConfigType, layerCompression } from '../model/media-types.ts'
import type { ImageDestination } from '../transports/index.ts'
import type { CopyOptions } from './copy-options.ts'
import type { ManifestReader } from './manifest-reader.ts'
import { parseNode } from './parse-node.ts'

interface RefusalOptions extends Pick<CopyOptions, 'fileSystemsOnly' | 'signal'> {
  /** Encrypted layers will be none when they come there. */
  readonly decrypts?: boolean
}

/**
 * Lets by what the destination has a place for. Without this the layers before the one that it refuses would have been moved.
 *
 * @throws LadingError `unsupported` for an artifact, or an image with layers that are no plain archives
 */
export async function refuseArtifact(
  root: Node,
  { name, traits }: Pick<ImageDestination, 'name' | 'traits'>,
  reader: ManifestReader,
  { fileSystemsOnly = false, decrypts = false, signal }: RefusalOptions = {},
): Promise<void> {
  if (traits.holdsArtifacts && !fileSystemsOnly) return
  const manifest = parseNode(root, await reader.read(root, signal))
  if (manifest.kind !== 'manifest') return
  const { config, layers } = manifest
  const refused = (why: string) => {
    if (fileSystemsOnly) return unreadable(why)
    return new LadingError('unsupported', `it holds the file systems of containers alone, and ${why}`, {
      operation: 'plan',
      side: 'destination',
      subject: name,
      hint: 'copy it to a registry, a bucket, oci: or oci-archive:, which hold whatever an image can be',
    })
  }
  if (!isImageConfigType(config.mediaType)) throw refused(`this is an artifact: its config is ${config.mediaType}`)
  const other = layers.find(
    ({ mediaType }) => layerCompression(decrypts ? decryptedType(mediaType) : mediaType) === undefined,
  )
  if (other !== undefined) throw refused(`${other.mediaType} is no layer of one, or an encrypted one`)
}

function unreadable(why: string): LadingError {
  return new LadingError('unsupported', `the files of a container are wanted, and ${why}`, {
    operation: 'plan',
    side: 'source',
    hint: 'an encrypted image can be read once it is copied with --decryption-key',
  })
}
