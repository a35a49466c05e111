import { LadingError } from '../errors/index.ts'
import type { LayerEncryption } from '../transform/encryption/index.ts'
import type { ImageDestination, ImageSource } from '../transports/index.ts'
import type { CopyOptions } from './copy-options.ts'

/**
 * Lets by what can be done before anything is moved, so that nothing is stored in plain that shall be encrypted.
 *
 * @throws LadingError `bad-argument`, `unsupported`
 */
export function requireEncryptable(
  { encrypts, layers }: Pick<LayerEncryption, 'encrypts' | 'layers'>,
  source: Pick<ImageSource, 'name' | 'traits'>,
  { name, traits }: Pick<ImageDestination, 'name' | 'traits'>,
  { format, compression }: Pick<CopyOptions, 'format' | 'compression'>,
): void {
  if (!encrypts) return
  if (!traits.holdsArtifacts) {
    throw new LadingError('unsupported', 'encrypted layers cannot be stored there', {
      operation: 'plan',
      side: 'destination',
      subject: name,
      hint: 'copy it to a registry, a bucket, oci:, oci-archive: or dir:',
    })
  }
  if (format !== undefined && format !== 'oci') {
    throw new LadingError('bad-argument', `an image in the format ${format} cannot have encrypted layers`, {
      hint: 'the format oci can',
    })
  }
  if (compression === 'zstd:chunked') {
    throw new LadingError('bad-argument', 'a layer cannot be encrypted and have a table of contents', {
      hint: 'nothing can be fetched of an encrypted layer alone: use zstd and not zstd:chunked',
    })
  }
  if (layers.length > 0 && source.traits.order === 'once') throw unknownPlace(source.name)
}

/** A layer is stored before it is known which one it is: it may be one that shall not be seen. */
export function unknownPlace(source: string): LadingError {
  return new LadingError('unsupported', 'the place of a layer is not known when it comes from there', {
    operation: 'choose the layers to encrypt',
    side: 'source',
    subject: source,
    hint: 'leave --encrypt-layer out, or copy the image to oci: first and encrypt that',
  })
}
