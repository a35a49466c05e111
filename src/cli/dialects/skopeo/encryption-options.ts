import type { CopyOptions } from '../../../copy/index.ts'
import { LadingError } from '../../../errors/index.ts'
import { encryptionOf, parseLayerIndex } from '../../encryption-options.ts'
import { list } from '../../options.ts'

const words = (word: string) => word

/** skopeo's own, whose values may stand in one word. */
export const encryptionOptions = {
  decryptionKey: list({ value: 'strings', description: 'a key that decrypts the image' }, words),
  encryptionKey: list({ value: 'strings', description: 'encrypt the image: jwe:FILE, pkcs7:FILE, pgp:ADDRESS' }, words),
  encryptLayer: list(
    { value: 'ints', description: 'the layers to encrypt: 0 is the first, -1 the last' },
    parseLayerIndex,
  ),
} as const

type Given = Parameters<typeof encryptionOf>[0]

/** @throws LadingError `bad-argument` in the cases of skopeo */
export function skopeoEncryption(
  given: Given,
): Pick<CopyOptions, 'encryptionKeys' | 'encryptLayers' | 'decryptionKeys'> {
  const { decryptionKey, encryptionKey, encryptLayer } = given
  if (encryptionKey.length > 0 && decryptionKey.length > 0) {
    throw new LadingError('bad-argument', '--encryption-key and --decryption-key cannot be specified together')
  }
  if (encryptLayer.length > 0 && encryptionKey.length === 0) {
    throw new LadingError('bad-argument', '--encrypt-layer can only be used with --encryption-key')
  }
  return encryptionOf(given)
}
