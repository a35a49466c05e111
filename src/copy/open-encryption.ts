import { LadingError } from '../errors/index.ts'
import type { LayerEncryption } from '../transform/encryption/index.ts'
import type { CopyOptions } from './copy-options.ts'
import type { CopyListener } from './events.ts'

/**
 * Reads the keys of a copy, before anything else is done; `undefined` where it has none.
 *
 * @throws LadingError `bad-argument`, `io`, and what else a key that cannot be used is
 */
export async function openEncryption(options: CopyOptions, listen: CopyListener): Promise<LayerEncryption | undefined> {
  const { encryptionKeys = [], encryptLayers = [], decryptionKeys = [], signal } = options
  if (encryptLayers.length > 0 && encryptionKeys.length === 0) {
    throw new LadingError('bad-argument', 'layers to encrypt are named, and nobody whom they are encrypted for', {
      hint: 'give --encryption-key with --encrypt-layer',
    })
  }
  if (encryptionKeys.length === 0 && decryptionKeys.length === 0) return undefined
  const wrong = encryptLayers.find(place => !Number.isSafeInteger(place))
  if (wrong !== undefined)
    throw new LadingError('bad-argument', `a layer to encrypt is ${wrong}, and not a whole number`)
  const { openLayerEncryption } = await import('../transform/encryption/index.ts')
  return await openLayerEncryption(options, {
    environment: process.env,
    signal,
    warn: message => listen({ type: 'warning', message }),
  })
}
