import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { encryptKey } from './encrypted-key.ts'
import { formatPem } from './pem.ts'
import { formatPublicKey } from './read-public-key.ts'

export interface SigstoreKeyPair {
  /** PEM, encrypted. */
  readonly privateKey: string
  /** PEM. */
  readonly publicKey: string
}

/** A new key (ECDSA on P-256) in cosign's format, which `skopeo` and `cosign` read. @param passphrase may be empty, as with cosign */
export async function makeKeyPair(passphrase: string): Promise<SigstoreKeyPair> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
  const bytes = await encryptKey(privateKey.export({ format: 'der', type: 'pkcs8' }), passphrase)
  // the older of its two names, as the containers tools write it: every release of cosign reads that
  return {
    privateKey: formatPem({ label: 'ENCRYPTED COSIGN PRIVATE KEY', bytes }),
    publicKey: formatPublicKey(publicKey),
  }
}
