import { createPrivateKey, type KeyObject } from 'node:crypto'
import { LadingError } from '../../errors/index.ts'
import { openEncryptedKey } from './encrypted-key.ts'
import { parsePem } from './pem.ts'
import { requireKnownKey } from './signature-scheme.ts'

/** cosign's names of its own format, the older one first. Both hold the same. */
const encryptedLabels: readonly string[] = ['ENCRYPTED COSIGN PRIVATE KEY', 'ENCRYPTED SIGSTORE PRIVATE KEY']
/** What cosign imports, and so what its users have. */
const plainLabels: readonly string[] = ['PRIVATE KEY', 'EC PRIVATE KEY', 'RSA PRIVATE KEY']

/**
 * A private key as `cosign generate-key-pair` and `skopeo generate-sigstore-key` write it; one that is not encrypted is read too.
 *
 * @param passphrase of an encrypted key; the empty one counts
 * @throws LadingError `bad-config`, which never repeats what the file holds
 */
export async function readPrivateKey(pem: string, passphrase: string | undefined): Promise<KeyObject> {
  const blocks = parsePem(pem).filter(({ label }) => label.endsWith('PRIVATE KEY'))
  const [block] = blocks
  if (block === undefined || blocks.length > 1) {
    throw new LadingError(
      'bad-config',
      block === undefined ? 'it holds no private key' : 'it holds several private keys',
    )
  }
  if (encryptedLabels.includes(block.label)) {
    if (passphrase === undefined) {
      throw new LadingError('bad-config', 'the private key is encrypted, and no passphrase is given', {
        hint: 'give the file that holds it with --sign-passphrase-file',
      })
    }
    return privateKey({
      key: Buffer.from(await openEncryptedKey(block.bytes, passphrase)),
      format: 'der',
      type: 'pkcs8',
    })
  }
  if (plainLabels.includes(block.label)) {
    const type = block.label === 'PRIVATE KEY' ? 'pkcs8' : block.label === 'EC PRIVATE KEY' ? 'sec1' : 'pkcs1'
    return privateKey({ key: block.bytes, format: 'der', type })
  }
  throw new LadingError('bad-config', `a private key in the form ${JSON.stringify(block.label)} is not read`, {
    hint: 'import it with cosign import-key-pair',
  })
}

function privateKey(input: Parameters<typeof createPrivateKey>[0]): KeyObject {
  let key: KeyObject
  try {
    key = createPrivateKey(input)
  } catch {
    // what OpenSSL says tells nobody anything, and may tell of the key
    throw new LadingError('bad-config', 'the private key is malformed')
  }
  requireKnownKey(key)
  return key
}
