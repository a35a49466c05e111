import type { KeyObject } from 'node:crypto'
import { LadingError } from '../../errors/index.ts'
import type { Signer } from '../signer.ts'
import { isSignedBy } from '../sigstore/signature-scheme.ts'
import type { ServiceKey } from './service-key.ts'
import { digestFor, schemeOf } from './signature-scheme.ts'

/**
 * Signs with a key in a service, which is sent a digest where the key signs digests. What it answers is checked before anybody sees it: a
 * signature that nobody can verify would be noticed when the image is deployed.
 */
export function serviceSigner(key: ServiceKey): Signer {
  let held: Promise<KeyObject> | undefined
  const publicKey = (signal?: AbortSignal) => {
    held ??= key.publicKey(signal).catch(error => {
      held = undefined
      throw error
    })
    return held
  }
  return {
    name: key.name,
    publicKey,
    async sign(bytes, signal) {
      const own = await publicKey(signal)
      const scheme = schemeOf(own, key.name)
      const signature = await key.sign(
        scheme.kind === 'ed25519'
          ? { kind: 'message', message: bytes, key: own }
          : { kind: 'digest', hash: scheme.hash, digest: digestFor(scheme.hash, bytes), key: own },
        signal,
      )
      if (isSignedBy(own, bytes, signature)) return signature
      throw new LadingError('protocol-error', 'the signature that the service made does not fit its own public key', {
        operation: 'sign',
        subject: key.name,
        hint: 'the key may have been rotated meanwhile: try again',
      })
    },
  }
}
