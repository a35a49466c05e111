import { createCipheriv, createDecipheriv } from 'node:crypto'

/** RFC 3394, 2.2.3.1. */
const initialValue = Buffer.alloc(8, 0xa6)

export function wrapWithAes(key: Uint8Array, keyEncryptionKey: Uint8Array): Buffer {
  const cipher = createCipheriv(cipherFor(keyEncryptionKey), keyEncryptionKey, initialValue)
  return Buffer.concat([cipher.update(key), cipher.final()])
}

/** @throws Error where it was wrapped with another key */
export function unwrapWithAes(wrapped: Uint8Array, keyEncryptionKey: Uint8Array): Buffer {
  const cipher = createDecipheriv(cipherFor(keyEncryptionKey), keyEncryptionKey, initialValue)
  return Buffer.concat([cipher.update(wrapped), cipher.final()])
}

function cipherFor({ byteLength }: Uint8Array): string {
  return `id-aes${byteLength * 8}-wrap`
}
