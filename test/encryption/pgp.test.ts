import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pipeline, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { createDeflateRaw } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { limits } from '../../src/model/limits.ts'
import { openLayerEncryption } from '../../src/transform/encryption/layer-encryption.ts'
import { pgpOpener } from '../../src/transform/encryption/pgp/pgp-opener.ts'
import { newFolder } from '../e2e/lading.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { servicePath } from '../services/peer.ts'
import { makeKeys } from './keys.ts'

const secret = { key: Buffer.alloc(32, 1), nonce: Buffer.alloc(16, 2), digest: `sha256:${'a'.repeat(64)}` }
const layer = { digest: `sha256:${'b'.repeat(64)}` } as const

function* zeros(mebibytes: number): Generator<Uint8Array> {
  const chunk = Buffer.alloc(2 ** 20)
  for (let count = 0; count < mebibytes; count++) yield chunk
}

describeWithServices(['openssl', 'gpg'], 'keys of GnuPG', () => {
  let environment: Readonly<Record<string, string | undefined>>
  let keyFile: string
  let armored: string
  let annotations: Readonly<Record<string, string>>

  beforeAll(async () => {
    const folder = await newFolder()
    environment = { ...process.env, ...(await makeKeys(folder)).env }
    keyFile = path.join(folder, 'carla.gpg')
    armored = path.join(folder, 'carla.asc')
    const { stdout } = await promisify(execFile)(servicePath('gpg'), ['--enarmor'].concat('--output', '-', keyFile))
    await writeFile(armored, stdout.replaceAll('ARMORED FILE', 'PRIVATE KEY BLOCK'))
    annotations = await (await forWhom('carla@example.com')).seal(secret, { mac: Buffer.alloc(32, 3) })
  }, 60_000)

  const forWhom = (recipient: string) =>
    openLayerEncryption({ encryptionKeys: [`pgp:${recipient}`] }, { environment, warn() {} })
  const opened = async (key: string) => {
    const encryption = await openLayerEncryption({ decryptionKeys: [key] }, { environment, warn() {} })
    return Buffer.from((await encryption.open({ ...layer, annotations })).secret.key)
  }

  test('are found by the whole name or address', async () => {
    for (const recipient of ['Carla', 'carla@example.com']) expect((await forWhom(recipient)).encrypts).toBe(true)
  })

  test.each([
    'arla@example.com',
    'carla@example.co',
    'Carl',
    'carla',
    '@example.com',
    '*',
    '--help',
    '',
    'nobody@example.com',
  ])('are not found by %j', async recipient => {
    await expect(forWhom(recipient)).rejects.toMatchObject({ code: 'bad-argument' })
  })

  test('are not looked for without gpg', async () => {
    const encryption = openLayerEncryption({ encryptionKeys: ['pgp:x'] }, { environment: { PATH: '' }, warn() {} })
    await expect(encryption).rejects.toMatchObject({ code: 'program-not-found' })
  })

  test('open from a file, armored or not', async () => {
    for (const file of [keyFile, armored]) expect(await opened(`${file}:a long passphrase`)).toEqual(secret.key)
  })

  describe('do not open', () => {
    test('without their passphrase, or with another', async () => {
      await expect(opened(keyFile)).rejects.toMatchObject({
        code: 'bad-argument',
        hint: expect.stringContaining('colon'),
      })
      const error = await opened(`${keyFile}:not the passphrase`).catch(thrown => thrown)
      expect(error).toMatchObject({ code: 'bad-argument', message: expect.stringContaining('wrong') })
      expect(`${error.message} ${error.hint}`).not.toContain('not the passphrase')
    })

    test('what was changed', async () => {
      const name = 'org.opencontainers.image.enc.keys.pgp'
      const bytes = Buffer.from(annotations[name] ?? '', 'base64')
      const encryption = await openLayerEncryption(
        { decryptionKeys: [`${keyFile}:a long passphrase`] },
        { environment, warn() {} },
      )
      for (const place of [20, bytes.byteLength - 30, bytes.byteLength - 1]) {
        const changed = Buffer.from(bytes)
        changed.writeUInt8(changed.readUInt8(place) ^ 1, place)
        const said = { ...annotations, [name]: changed.toString('base64') }
        await expect(encryption.open({ ...layer, annotations: said })).rejects.toMatchObject({ code: 'no-key' })
      }
    })

    test('what is larger uncompressed than any key', async () => {
      const { config, createMessage, encrypt, enums, readPrivateKey } = await import('openpgp')
      const key = (await readPrivateKey({ binaryKey: await readFile(keyFile) })).toPublic()
      const wrap = async (size: number) => {
        const message = await createMessage({ binary: Buffer.alloc(size, ' ') })
        const settings = { ...config, preferredCompressionAlgorithm: enums.compression.zlib }
        const bytes = await encrypt({ message, encryptionKeys: key, format: 'binary', config: settings })
        return Buffer.from(bytes as Uint8Array)
      }
      const opener = await pgpOpener('key', await readFile(keyFile), 'a long passphrase')
      expect((await opener?.open(await wrap(limits.wrappedKeyBytes - 100), undefined))?.byteLength).toBe(
        limits.wrappedKeyBytes - 100,
      )
      const bomb = await wrap(20 * limits.wrappedKeyBytes)
      expect(bomb.byteLength).toBeLessThan(limits.wrappedKeyBytes)
      expect(await opener?.open(bomb, undefined)).toBeUndefined()
    })

    test('what is packed and for nobody, without holding what it unpacks to', async () => {
      const opener = await pgpOpener('key', await readFile(keyFile), 'a long passphrase')
      const mebibytes = 256
      const packed = await buffer(
        pipeline(Readable.from(zeros(mebibytes)), createDeflateRaw({ level: 9 }), () => undefined),
      )
      // A packet of compressed data, by ZIP: RFC 9580, 5.6.
      const length = Buffer.alloc(4)
      length.writeUInt32BE(packed.byteLength + 1)
      const bomb = Buffer.concat([Buffer.from([0xc8, 0xff]), length, Buffer.from([1]), packed])
      expect(bomb.byteLength).toBeLessThan(limits.wrappedKeyBytes)
      const kibibytes = process.resourceUsage().maxRSS
      expect(await opener?.open(bomb, undefined)).toBeUndefined()
      expect(process.resourceUsage().maxRSS - kibibytes).toBeLessThan((mebibytes * 1024) / 4)
    })

    test('from a file that is cut', async () => {
      const cut = `${keyFile}.cut`
      await writeFile(cut, (await readFile(keyFile)).subarray(0, 100))
      await expect(opened(`${cut}:a long passphrase`)).rejects.toMatchObject({ code: 'bad-argument' })
    })
  })
})
