import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { type CopyEvent, copyImage } from '../../src/copy/index.ts'
import { at, encrypted, folder, given, image, passphrase, refused } from './encrypted-images.ts'

beforeAll(async () => {
  for (const namedCurve of ['secp224r1', 'secp256k1']) {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve })
    await writeFile(at(namedCurve), publicKey.export({ format: 'pem', type: 'spki' }))
  }
})

describe('the keys', () => {
  test('of somebody else open nothing', async () => {
    const error = await refused(await encrypted(), { decryptionKeys: [at('other')] })
    expect(error).toMatchObject({ code: 'no-key', exitCode: 3, message: expect.stringContaining(at('other')) })
  })

  test('are tried in turn', async () => {
    const decryptionKeys = [at('other'), at('short'), at('key')]
    const { digest } = await copyImage(await encrypted(), `oci:${folder}/opened:v1`, { decryptionKeys })
    expect(digest).toBe(image.root.digest)
  })

  test.each([
    ['as it is', `:${passphrase}`],
    ['after pass=', `:pass=${passphrase}`],
    ['in a file', `:file=${at('passphrase')}`],
  ])('open with a passphrase %s', async (_, words) => {
    await writeFile(at('passphrase'), `${passphrase}\n`)
    const decryptionKeys = [`${at('key.protected')}${words}`]
    const { digest } = await copyImage(await encrypted(), `oci:${folder}/opened:v1`, { decryptionKeys })
    expect(digest).toBe(image.root.digest)
  })

  test.each([
    ['a wrong passphrase', () => `${at('key.protected')}:not the passphrase`, 'bad-argument'],
    ['no passphrase', () => at('key.protected'), 'bad-argument'],
    ['a passphrase from nowhere', () => `${at('key.protected')}:fd=987`, 'bad-argument'],
    ['a public key', () => at('key.pub'), 'bad-argument'],
    ['a file that is not there', () => at('nothing'), 'io'],
    ['an unknown provider', () => 'provider:nobody', 'bad-config'],
  ])('are refused before anything is done: %s', async (_, key, code) => {
    const error = await refused(await encrypted(), { decryptionKeys: [key()] })
    expect(error).toMatchObject({ code })
    expect(`${error.message} ${error.hint} ${error.subject}`).not.toContain('not the passphrase')
  })

  test.each([
    ['no protocol', () => at('key.pub'), 'bad-argument'],
    ['an unknown protocol', () => `rot:${at('key.pub')}`, 'bad-argument'],
    ['a private key', () => `jwe:${at('key')}`, 'bad-argument'],
    ['no certificate', () => `pkcs7:${at('key.pub')}`, 'bad-argument'],
    ['a key in a module', () => `pkcs11:${at('key.pub')}`, 'unsupported'],
    ['a curve that has no name in a JWK', () => `jwe:${at('secp224r1')}`, 'bad-argument'],
    ['a curve that others do not know', () => `jwe:${at('secp256k1')}`, 'bad-argument'],
    ['nothing', () => 'jwe:', 'bad-argument'],
  ])('for whom nothing is encrypted: %s', async (_, key, code) => {
    expect(await refused(await given(), { encryptionKeys: [key()] })).toMatchObject({ code })
  })

  test('that are short are used, and it is said that they are', async () => {
    const events: CopyEvent[] = []
    const onEvent = (event: CopyEvent) => void events.push(event)
    const source = await encrypted({ encryptionKeys: [`jwe:${at('short.pub')}`], onEvent })
    expect(events).toContainEqual({ type: 'warning', message: expect.stringContaining('has 1024 bits') })
    const { digest } = await copyImage(source, `oci:${folder}/opened:v1`, { decryptionKeys: [at('short')] })
    expect(digest).toBe(image.root.digest)
  })
})
