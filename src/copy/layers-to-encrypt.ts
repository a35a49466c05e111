import { LadingError } from '../errors/index.ts'
import type { Node } from '../model/descriptor.ts'
import type { ImageManifest } from '../model/manifest.ts'
import type { LayerEncryption } from '../transform/encryption/index.ts'

/**
 * The places of the layers of this image that shall be encrypted. Places that are named are those of the layers of a file system: an
 * attestation has others.
 *
 * @throws LadingError `bad-argument` where the image has no such layer
 */
export function layersToEncrypt(
  { layers }: Pick<ImageManifest, 'layers'>,
  { digest }: Pick<Node, 'digest'>,
  encryption: Pick<LayerEncryption, 'encrypts' | 'layers'> | undefined,
  isAttestation = false,
): ReadonlySet<number> {
  if (!encryption?.encrypts) return new Set()
  const { length } = layers
  if (encryption.layers.length === 0) return new Set(layers.keys())
  if (isAttestation) return new Set()
  return new Set(
    encryption.layers.map(place => {
      if (place < length && place >= -length) return place < 0 ? place + length : place
      throw new LadingError('bad-argument', `there is no layer ${place} to encrypt: ${digest} has ${length}`, {
        operation: 'choose the layers to encrypt',
        hint: `the first is 0 and the last ${length - 1}, or -1`,
      })
    }),
  )
}
