import type { PrivateKey } from 'openpgp'
import { LadingError } from '../../../errors/index.ts'
import { limits } from '../../../model/limits.ts'
import type { KeyOpener } from '../key-wrapper.ts'

/**
 * Reads a file of secret keys as `gpg --export-secret-keys` writes it, armored or not.
 *
 * @returns `undefined` where it is something else
 * @throws LadingError `bad-argument` where the passphrase is missing or wrong
 */
export async function pgpOpener(
  name: string,
  bytes: Buffer,
  passphrase: string | undefined,
): Promise<KeyOpener | undefined> {
  const isArmored = bytes.includes('-----BEGIN PGP PRIVATE KEY BLOCK-----')
  // A packet of a secret key: RFC 9580, 4.2, in either form of its header.
  const first = bytes[0] ?? 0
  const isPacket = (first & 0xfc) === 0x94 || first === 0xc5
  if (!isArmored && !isPacket) return undefined
  const { config, decrypt, decryptKey, readMessage, readPrivateKeys } = await import('openpgp')
  let keys: PrivateKey[]
  try {
    keys = isArmored
      ? await readPrivateKeys({ armoredKeys: bytes.toString('latin1') })
      : await readPrivateKeys({ binaryKeys: bytes })
  } catch {
    return undefined
  }
  const opened = await Promise.all(
    keys.map(async key => {
      if (key.isDecrypted()) return key
      if (passphrase === undefined) throw protectedKey(name)
      try {
        return await decryptKey({ privateKey: key, passphrase })
      } catch (error) {
        throw new LadingError('bad-argument', 'the passphrase of the secret key is wrong', {
          subject: name,
          cause: error,
        })
      }
    }),
  )
  return {
    scheme: 'pgp',
    name,
    async open(wrapped) {
      try {
        // Who wrote it is not known: what is compressed may have no end.
        const settings = { ...config, minRSABits: 1024, maxDecompressedMessageSize: limits.wrappedKeyBytes }
        const message = await readMessage({ binaryMessage: wrapped, config: settings })
        const { data } = await decrypt({ message, decryptionKeys: opened, format: 'binary', config: settings })
        return data as Uint8Array
      } catch {
        return undefined
      }
    },
  }
}

function protectedKey(name: string): LadingError {
  return new LadingError('bad-argument', 'the secret key is protected by a passphrase', {
    subject: name,
    hint: `give it after a colon: --decryption-key ${name}:PASSPHRASE, or :file=PATH`,
  })
}
