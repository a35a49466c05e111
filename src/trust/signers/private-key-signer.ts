import { createPublicKey, type KeyObject, sign } from 'node:crypto'
import type { Signer } from '../signer.ts'
import { schemeOf } from './signature-scheme.ts'

/** Signs with a private key that this process holds. @throws LadingError `bad-key` */
export function privateKeySigner(key: KeyObject, name: string): Signer {
  const scheme = schemeOf(key, name)
  const publicKey = createPublicKey(key)
  return {
    name,
    publicKey: async () => publicKey,
    sign: async bytes => sign(scheme.kind === 'ed25519' ? null : scheme.hash, bytes, key),
  }
}
