import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { writeDer } from '../../src/transform/encryption/pkcs7/der.ts'
import { pkcs7Opener } from '../../src/transform/encryption/pkcs7/pkcs7-opener.ts'
import { pkcs7Wrapper } from '../../src/transform/encryption/pkcs7/pkcs7-wrapper.ts'
import { newFolder } from '../e2e/lading.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { runProgram } from '../services/engine-process.ts'
import { servicePath } from '../services/peer.ts'

const secret = Buffer.from('{"symkey":"what opens a layer"}')

describeWithServices(['openssl'], 'a key in PKCS #7', () => {
  let folder: string
  const keys: { key: KeyObject; certificate: X509Certificate }[] = []
  const at = (name: string) => path.join(folder, name)
  const openssl = (...words: readonly string[]) =>
    runProgram(servicePath('openssl'), words, { env: { PATH: process.env.PATH ?? '' } })

  beforeAll(async () => {
    folder = await newFolder()
    await writeFile(at('secret'), secret)
    for (const name of ['one', 'other']) {
      const subject = ['-subj', `/C=DE/O=Example/CN=${name}`, '-days', '2', '-set_serial', '0x8000000000000001']
      const out = ['-keyout', at(`${name}.key`), '-out', at(`${name}.pem`)]
      await openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...out, ...subject)
      const key = createPrivateKey(await readFile(at(`${name}.key`)))
      keys.push({ key, certificate: new X509Certificate(await readFile(at(`${name}.pem`))) })
    }
  })

  const pair = (place: number) => {
    const found = keys[place]
    if (found === undefined) throw new Error('there are two')
    return found
  }
  const open = async (wrapped: Uint8Array, place = 0) => {
    const opened = await pkcs7Opener('key', pair(place).key).open(wrapped, undefined)
    return opened && Buffer.from(opened)
  }

  test.each([
    'aes-128-cbc',
    'aes-256-cbc',
  ])('that is wrapped with %s is not opened: nothing proves it', async cipher => {
    const out = ['-binary', '-outform', 'DER', '-in', at('secret'), '-out', at('wrapped')]
    await openssl('cms', '-encrypt', `-${cipher}`, ...out, at('one.pem'))
    await openssl('cms', '-decrypt', '-inform', 'DER', '-in', at('wrapped'), '-inkey', at('one.key'))
    expect(await open(await readFile(at('wrapped')))).toBeUndefined()
  })

  test('is read by openssl as far as it knows the cipher', async () => {
    await writeFile(at('ours'), await pkcs7Wrapper(keys.map(({ certificate }) => certificate)).wrap(secret, undefined))
    await openssl('asn1parse', '-inform', 'DER', '-in', at('ours'))
    const issuers = keys.map(({ certificate }) => certificate.issuer.split('\n').at(-1))
    expect(issuers).toEqual(['CN=one', 'CN=other'])
    expect((await readFile(at('ours'))).includes(Buffer.from('008000000000000001', 'hex'))).toBe(true)
  })

  test('is opened by each for whom it is, and by nobody else', async () => {
    const [one, other] = [pair(0).certificate, pair(1).certificate]
    const forBoth = await pkcs7Wrapper([other, one]).wrap(secret, undefined)
    expect([await open(forBoth, 0), await open(forBoth, 1)]).toEqual([secret, secret])
    const forOne = await pkcs7Wrapper([one]).wrap(secret, undefined)
    expect([await open(forOne, 0), await open(forOne, 1)]).toEqual([secret, undefined])
  })

  describe('is not opened where', () => {
    test('a byte of what is encrypted was changed, or it breaks off', async () => {
      const wrapped = Buffer.from(await pkcs7Wrapper([pair(0).certificate]).wrap(secret, undefined))
      for (const place of [1, 20, 30]) {
        const changed = Buffer.from(wrapped)
        const from = wrapped.byteLength - place
        changed.writeUInt8(changed.readUInt8(from) ^ 1, from)
        expect(await open(changed)).toBeUndefined()
      }
      for (let length = 0; length < wrapped.byteLength; length += 37) {
        expect(await open(wrapped.subarray(0, length))).toBeUndefined()
      }
    })

    test('a short tag is asked for, which could be guessed', async () => {
      const wrapped = Buffer.from(await pkcs7Wrapper([pair(0).certificate]).wrap(secret, undefined))
      const tagLength = writeDer(0x02, Buffer.from([16]))
      const place = wrapped.indexOf(tagLength, wrapped.indexOf(Buffer.from([0x84, 12])))
      expect(place).toBeGreaterThan(0)
      wrapped.writeUInt8(4, place + 2)
      expect(await open(wrapped)).toBeUndefined()
    })
  })
})
