import { constants, createDecipheriv, createPublicKey, type KeyObject, privateDecrypt } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { KeyOpener } from '../key-wrapper.ts'
import { unwrapWithAes } from './aes-key-wrap.ts'
import { type Jwe, type JweHeader, parseJwe } from './jwe.ts'
import { agreedKey } from './key-agreement.ts'

const contentBytes = { A128GCM: 16, A192GCM: 24, A256GCM: 32 } as const

/** Opens what is for this key, whichever of the recipients it is. */
export function jweOpener(name: string, key: KeyObject): KeyOpener {
  return {
    scheme: 'jwe',
    name,
    async open(wrapped, signal) {
      const jwe = parsedJwe(wrapped)
      for (const recipient of jwe?.recipients ?? []) {
        // each is work that nothing interrupts, and whoever wrote them says how many there are
        await setImmediate()
        signal?.throwIfAborted()
        try {
          return openContent(jwe as Jwe, recipient.header, unwrapKey(recipient.wrapped, recipient.header, key))
        } catch {
          // It is for another key, or was changed: whichever it is, this one does not open it.
        }
      }
      return undefined
    },
  }
}

function parsedJwe(bytes: Uint8Array): Jwe | undefined {
  try {
    return parseJwe(bytes)
  } catch {
    return undefined
  }
}

function unwrapKey(wrapped: Buffer, { alg, epk, apu, apv }: JweHeader, key: KeyObject): Buffer {
  if (alg === 'RSA-OAEP' || alg === 'RSA-OAEP-256') {
    const oaepHash = alg === 'RSA-OAEP' ? 'sha1' : 'sha256'
    return privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, wrapped)
  }
  if (alg === undefined || epk === undefined) throw new TypeError('it does not say how the key is wrapped')
  const { kty, crv, x, y } = epk
  const publicKey = createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' })
  return unwrapWithAes(wrapped, agreedKey(alg, { privateKey: key, publicKey }, { apu, apv }))
}

function openContent({ iv, ciphertext, tag, additionalData }: Jwe, { enc }: JweHeader, key: Buffer): Buffer {
  if (enc === undefined || key.byteLength !== contentBytes[enc]) throw new TypeError('the key is of another length')
  const cipher = createDecipheriv(`aes-${contentBytes[enc] * 8}-gcm` as 'aes-256-gcm', key, iv, { authTagLength: 16 })
  cipher.setAAD(additionalData).setAuthTag(tag)
  return Buffer.concat([cipher.update(ciphertext), cipher.final()])
}
