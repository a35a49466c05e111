import { createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto'
import { LadingError } from '../../errors/index.ts'
import { type ByteStream, createDraft } from '../../streams/index.ts'
import type { LayerSeal, LayerSecret } from './layer-secret.ts'

/** What opens a layer, and what proves that it is the one that was encrypted. */
export interface OpenedLayer {
  readonly secret: LayerSecret
  readonly seal: LayerSeal
}

/**
 * Decrypts a layer. Its last chunk is held back until the HMAC of all of it is right, so no reader ever has the whole of what somebody
 * has changed.
 *
 * @param mustBeNamed nothing else says which layer it has to be: the digest that is sealed with the key decides
 * @throws LadingError `not-authentic`, at its end
 */
export async function* decryptLayer(
  encrypted: ByteStream,
  { secret, seal }: OpenedLayer,
  mustBeNamed: boolean,
): AsyncGenerator<Uint8Array, void, undefined> {
  const cipher = createDecipheriv('aes-256-ctr', secret.key, secret.nonce)
  const hmac = createHmac('sha256', secret.key)
  async function* deciphered() {
    for await (const chunk of encrypted) {
      hmac.update(chunk)
      yield cipher.update(chunk)
    }
  }
  const draft = mustBeNamed ? createDraft(deciphered()) : undefined
  let held: Uint8Array | undefined
  for await (const chunk of draft?.read() ?? deciphered()) {
    if (held !== undefined) yield held
    held = chunk
  }
  if (!timingSafeEqual(hmac.digest(), seal.mac)) {
    throw new LadingError('not-authentic', 'an encrypted layer is not what was encrypted: its HMAC is another one', {
      hint: 'somebody has changed it, or its annotations belong to another layer: get the image from where it was made',
    })
  }
  if (draft !== undefined && draft.digest() !== secret.digest) {
    throw new LadingError(
      'not-authentic',
      `a decrypted layer is ${draft.digest()}, and who encrypted it says that it is ${JSON.stringify(secret.digest)}`,
    )
  }
  if (held !== undefined) yield held
}
