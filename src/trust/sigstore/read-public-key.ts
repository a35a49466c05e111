import { createPublicKey, type KeyObject } from 'node:crypto'
import { LadingError } from '../../errors/index.ts'
import { formatPem, parsePem } from './pem.ts'
import { requireKnownKey } from './signature-scheme.ts'

/**
 * A public key in PEM (`PUBLIC KEY`, or PKCS #1), as `cosign.pub`.
 *
 * @throws LadingError `bad-config` where it is none, or holds something else beside it
 */
export function readPublicKey(pem: string): KeyObject {
  const [block, ...others] = parsePem(pem)
  const type = block?.label === 'PUBLIC KEY' ? 'spki' : block?.label === 'RSA PUBLIC KEY' ? 'pkcs1' : undefined
  if (block === undefined || type === undefined || others.length > 0) {
    throw new LadingError('bad-config', 'it is not one public key in PEM', {
      hint: block?.label.endsWith('PRIVATE KEY') ? 'this is the private key; name the public one' : undefined,
    })
  }
  let key: KeyObject
  try {
    key = createPublicKey({ key: block.bytes, format: 'der', type })
  } catch (cause) {
    throw new LadingError('bad-config', 'the public key is malformed', { cause })
  }
  requireKnownKey(key)
  return key
}

/** As cosign writes it. */
export function formatPublicKey(key: KeyObject): string {
  return formatPem({ label: 'PUBLIC KEY', bytes: publicKeyBytes(key) })
}

/** SubjectPublicKeyInfo: what a key is compared by, and what its name is made of. */
export function publicKeyBytes(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' })
}
