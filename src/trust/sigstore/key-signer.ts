import { createPublicKey, type KeyObject } from 'node:crypto'
import type { Signer } from '../signer.ts'
import { signBytes } from './signature-scheme.ts'

/** Signs with a private key that this process holds. @param name what a user knows it by: its file */
export function keySigner(name: string, key: KeyObject): Signer {
  return {
    name,
    async publicKey() {
      return createPublicKey(key)
    },
    async sign(bytes) {
      return signBytes(key, bytes)
    },
  }
}
