import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { makeKeyPair } from '../sigstore/make-key-pair.ts'
import { isSignedBy } from '../sigstore/signature-scheme.ts'
import type { KeyContext } from './key-context.ts'
import { openPublicKey, openSigner } from './open-signer.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-keys-'))
afterAll(() => rm(folder, { recursive: true }))

const context = (environment: Record<string, string> = {}, passphrase?: string): KeyContext => ({
  http: () => expect.unreachable(),
  environment,
  ...(passphrase === undefined ? {} : { passphrase: async () => passphrase }),
})
const message = Buffer.from('what is signed')

async function write(name: string, key: KeyObject, passphrase?: string): Promise<string> {
  const file = path.join(folder, name)
  const type = key.type === 'public' ? 'spki' : 'pkcs8'
  const cipher = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }
  await writeFile(file, key.export({ format: 'pem', type, ...cipher } as { format: 'pem'; type: 'pkcs8' }))
  return file
}

const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve })
const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength })

describe('a key in a file', () => {
  test.each([
    ['P-256', ec('P-256')],
    ['P-384', ec('P-384')],
    ['P-521', ec('P-521')],
    ['RSA', rsa(2048)],
    ['Ed25519', generateKeyPairSync('ed25519')],
  ])('%s signs, and its public key verifies', async (name, { privateKey, publicKey }) => {
    const file = await write(`${name}.key`, privateKey)
    const signer = await openSigner(file, context())
    const signature = await signer.sign(message)
    const shown = await openPublicKey(await write(`${name}.pub`, publicKey), context())
    expect(isSignedBy(shown, message, signature)).toBe(true)
    expect(isSignedBy(shown, Buffer.from('what is Signed'), signature)).toBe(false)
    expect(isSignedBy(await openPublicKey(file, context()), message, signature)).toBe(true)
    expect(signer.name).toBe(file)
  })

  test('the key of somebody else does not fit', async () => {
    const signer = await openSigner(await write('a.key', ec('P-256').privateKey), context())
    expect(isSignedBy(ec('P-256').publicKey, message, await signer.sign(message))).toBe(false)
  })

  test('or in a variable', async () => {
    const { privateKey, publicKey } = ec('P-256')
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
    const signer = await openSigner('env://KEY', context({ KEY: pem }))
    expect(isSignedBy(publicKey, message, await signer.sign(message))).toBe(true)
    await expect(openSigner('env://KEY', context())).rejects.toMatchObject({ code: 'bad-key' })
  })

  test('that is encrypted takes its passphrase, and no other', async () => {
    const { privateKey, publicKey } = ec('P-256')
    const file = await write('encrypted.key', privateKey, 'correct horse')
    const signer = await openSigner(file, context({}, 'correct horse'))
    expect(isSignedBy(publicKey, message, await signer.sign(message))).toBe(true)
    await expect(openSigner(file, context({}, 'battery staple'))).rejects.toMatchObject({
      code: 'bad-key',
      message: 'the passphrase is not that of the key',
    })
    await expect(openSigner(file, context())).rejects.toMatchObject({ code: 'bad-key', hint: /COSIGN_PASSWORD/ })
  })

  test.each([
    ['is not there', undefined, 'no such file or directory'],
    ['is empty', '', 'it holds no private key'],
    ['is something else', '-----BEGIN CERTIFICATE REQUEST-----', 'it holds no private key'],
    ['is damaged', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', 'the private key is malformed'],
    ['is public', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n', 'only a private one signs'],
  ])('that %s signs nothing', async (name, text, message) => {
    const file = path.join(folder, `${name}.pem`)
    if (text !== undefined) await writeFile(file, text)
    await expect(openSigner(file, context())).rejects.toMatchObject({ code: 'bad-key', subject: file })
    await expect(openSigner(file, context())).rejects.toThrow(message)
  })

  test('of cosign takes its passphrase, and no other', async () => {
    const pair = await makeKeyPair('correct horse')
    const file = path.join(folder, 'cosign.key')
    await writeFile(file, pair.privateKey)
    const signer = await openSigner(file, context({}, 'correct horse'))
    await writeFile(path.join(folder, 'cosign.pub'), pair.publicKey)
    const shown = await openPublicKey(path.join(folder, 'cosign.pub'), context())
    expect(isSignedBy(shown, message, await signer.sign(message))).toBe(true)
    await expect(openSigner(file, context({}, 'battery staple'))).rejects.toMatchObject({
      code: 'bad-key',
      message: 'the passphrase is not that of the key',
      subject: file,
    })
    await expect(openSigner(file, context())).rejects.toMatchObject({ code: 'bad-key', hint: /COSIGN_PASSWORD/ })
  })

  test.each([
    ['secp256k1', ec('secp256k1'), 'secp256k1'],
    ['short RSA', rsa(1024), '1024 bits'],
    ['X25519', generateKeyPairSync('x25519'), 'x25519'],
  ])('%s is refused', async (name, { privateKey, publicKey }, message) => {
    const files = [await write(`${name}.key`, privateKey), await write(`${name}.enc`, privateKey, 'x')]
    for (const file of files) {
      await expect(openSigner(file, context({}, 'x'))).rejects.toMatchObject({ code: 'bad-key', subject: file })
    }
    await expect(openPublicKey(await write(`${name}.pub`, publicKey), context())).rejects.toThrow(message)
  })
})
