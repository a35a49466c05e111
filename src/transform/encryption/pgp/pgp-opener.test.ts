import { createMessage, encrypt, enums, generateKey, type PrivateKey, type PublicKey } from 'openpgp'
import { beforeAll, describe, expect, test } from 'vitest'
import { limits } from '../../../model/limits.ts'
import { pgpOpener } from './pgp-opener.ts'

describe('a key wrapped with OpenPGP', () => {
  let keys: { readonly privateKey: PrivateKey; readonly publicKey: PublicKey }
  beforeAll(async () => {
    keys = await generateKey({ userIDs: [{ email: 'carla@example.com' }], format: 'object' })
  })

  test.each([
    ['zip', enums.compression.zip],
    ['zlib', enums.compression.zlib],
  ])('that is packed with %s is opened up to what a manifest can hold', async (_, preferredCompressionAlgorithm) => {
    const opener = await pgpOpener('key', Buffer.from(keys.privateKey.write()), undefined)
    const opened = async (size: number) => {
      const message = await createMessage({ binary: new Uint8Array(size) })
      const config = { preferredCompressionAlgorithm }
      const wrapped = await encrypt({ message, encryptionKeys: keys.publicKey, format: 'binary', config })
      return (await opener?.open(wrapped as Uint8Array, undefined))?.byteLength
    }
    expect(await opened(1000)).toBe(1000)
    expect(await opened(limits.manifestBytes + 1)).toBeUndefined()
  })
})
