import type { Key } from 'openpgp'
import { LadingError } from '../../../errors/index.ts'
import type { Environment } from '../../../transports/programs/find-program.ts'
import type { KeyWrapper } from '../key-wrapper.ts'
import { exportPublicKeys } from './export-public-keys.ts'

/** Wraps for people whose keys GnuPG knows, by name or e-mail address, as ocicrypt does: AES-256, not compressed. */
export async function pgpWrapper(
  recipients: readonly string[],
  environment: Environment,
  signal: AbortSignal | undefined,
): Promise<KeyWrapper> {
  const { config, createMessage, encrypt, enums, readKeys } = await import('openpgp')
  const keys: Key[] = []
  for (const recipient of recipients) {
    const exported = await exportPublicKeys(recipient, environment, signal)
    const all = exported.byteLength === 0 ? [] : await readKeys({ binaryKeys: exported })
    // GnuPG finds by a part of a name too: only who is called so exactly shall read the image.
    const found = all.filter(({ users }) =>
      users.some(({ userID }) => userID?.email === recipient || userID?.name === recipient),
    )
    if (found.length === 0) {
      throw new LadingError('bad-argument', `GnuPG knows no public key of ${JSON.stringify(recipient)}`, {
        operation: 'read the encryption keys',
        hint: `a recipient is named by the e-mail address of a key: gpg --list-keys shows them`,
      })
    }
    keys.push(...found)
  }
  return {
    scheme: 'pgp',
    async wrap(secret) {
      const message = await createMessage({ binary: secret, filename: '' })
      const settings = {
        ...config,
        preferredSymmetricAlgorithm: enums.symmetric.aes256,
        preferredCompressionAlgorithm: enums.compression.uncompressed,
        // Some that read these know no other form, and some keys are short.
        aeadProtect: false,
        minRSABits: 1024,
      }
      try {
        return (await encrypt({ message, encryptionKeys: keys, format: 'binary', config: settings })) as Uint8Array
      } catch (error) {
        throw new LadingError('bad-argument', `nothing can be encrypted for ${recipients.join(', ')}`, {
          operation: 'wrap the key of a layer',
          hint: 'has the key expired, or is it for signatures alone? gpg --list-keys shows it',
          cause: error,
        })
      }
    },
  }
}
