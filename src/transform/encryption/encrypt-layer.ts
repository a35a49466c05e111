import { createCipheriv, createHmac, randomBytes } from 'node:crypto'
import { LadingError } from '../../errors/index.ts'
import { type ByteStream, createDraft } from '../../streams/index.ts'
import { keyBytes, type LayerSeal, type LayerSecret, nonceBytes } from './layer-secret.ts'

/** A layer while it is encrypted. */
export interface EncryptedLayer {
  readonly bytes: ByteStream
  /** What opens it. MUST NOT be asked before its bytes have ended. */
  finish(): { readonly secret: LayerSecret; readonly seal: LayerSeal }
}

/** Encrypts a layer with a key of its own. */
export function encryptLayer(plain: ByteStream): EncryptedLayer {
  const key = randomBytes(keyBytes)
  const nonce = randomBytes(nonceBytes)
  const draft = createDraft(plain)
  let mac: Uint8Array | undefined
  async function* encrypted(): AsyncGenerator<Uint8Array, void, undefined> {
    const cipher = createCipheriv('aes-256-ctr', key, nonce)
    const hmac = createHmac('sha256', key)
    for await (const chunk of draft.read()) {
      const bytes = cipher.update(chunk)
      hmac.update(bytes)
      yield bytes
    }
    mac = hmac.digest()
  }
  return {
    bytes: encrypted(),
    finish() {
      if (mac === undefined) throw new LadingError('internal', 'the HMAC of a layer whose bytes have not all come')
      return { secret: { key, nonce, digest: draft.digest() }, seal: { mac } }
    },
  }
}
