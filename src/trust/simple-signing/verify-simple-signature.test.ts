import { deflateRawSync, deflateSync } from 'node:zlib'
import {
  config,
  createCleartextMessage,
  createMessage,
  encrypt,
  enums,
  generateKey,
  type PrivateKey,
  revokeKey,
  sign,
} from 'openpgp'
import { expect, test } from 'vitest'
import { digestOf } from '../../model/digest.ts'
import { limits } from '../../model/limits.ts'
import { openSignedMessage } from './open-signed-message.ts'
import { readPackets } from './read-packets.ts'
import { formatSimplePayload } from './simple-payload.ts'
import { unverifiedSigner, verifySimpleSignature } from './verify-simple-signature.ts'

const day = 24 * 60 * 60 * 1000
const newKey = (options: { date?: Date; keyExpirationTime?: number; subkeys?: { sign: boolean }[] } = {}) =>
  generateKey({ type: 'ecc', userIDs: [{ name: 'a' }], subkeys: [], format: 'object', ...options })
const { privateKey, revocationCertificate } = await newKey()
const other = (await newKey()).privateKey
const manifestDigest = digestOf(Buffer.from('{}'))
const content = { manifestDigest, dockerReference: 'quay.io/a/b:1', creator: 'c', timestamp: 1_700_000_000 }
const payload = formatSimplePayload(content)

async function signed(keys: PrivateKey | PrivateKey[], binary = payload, date = new Date()): Promise<Uint8Array> {
  const message = await createMessage({ binary })
  const signature = await sign({ message, signingKeys: keys, format: 'binary', date })
  return new Uint8Array(signature) // a Uint8Array of another realm is none for the tests
}
const keyring = (...keys: PrivateKey[]) => Buffer.concat(keys.map(key => key.toPublic().write()))
const trusts = (...keys: PrivateKey[]) => ({ keys: [keyring(...keys)] })
const compressed = (algorithm: number, body: Uint8Array) => Buffer.concat([Buffer.from([0xa3, algorithm]), body])
const good = await signed(privateKey)
const untrusted = (why: string | RegExp) =>
  expect.objectContaining({ code: 'untrusted', message: expect.stringMatching(why) })
const malformed = (why: string) =>
  expect.objectContaining({ code: 'bad-manifest', message: expect.stringContaining(why) })

test('a good signature says what it signs, and by whom', async () => {
  const fingerprint = privateKey.getFingerprint().toUpperCase()
  const expected = { ...content, fingerprint, primaryFingerprint: fingerprint }
  expect(await verifySimpleSignature(good, trusts(privateKey))).toEqual(expected)
  for (const [algorithm, deflate] of [
    [1, deflateRawSync],
    [2, deflateSync],
  ] as const)
    expect(await verifySimpleSignature(compressed(algorithm, deflate(good)), trusts(other, privateKey))).toEqual(
      expected,
    )
  expect(await unverifiedSigner(openSignedMessage(good))).toBe(fingerprint.slice(-16))
})

test('keyrings are armored or binary, and of several keys', async () => {
  const armored = [other, privateKey].map(key => key.toPublic().armor()).join('\n')
  for (const keys of [[Buffer.from(armored)], [keyring(other), keyring(privateKey)]])
    expect(await verifySimpleSignature(good, { keys })).toMatchObject(content)
  for (const bytes of ['', 'x', Buffer.from([0xff]), armored.slice(0, 300)])
    await expect(verifySimpleSignature(good, { keys: [Buffer.from(bytes)] })).rejects.toMatchObject({
      code: 'bad-config',
    })
})

test('a subkey may sign', async () => {
  const { privateKey: key } = await newKey({ subkeys: [{ sign: true }] })
  const verified = await verifySimpleSignature(await signed(key), trusts(key))
  expect(verified.primaryFingerprint).toBe(key.getFingerprint().toUpperCase())
  expect(verified.fingerprint).toBe(key.getSubkeys()[0]?.getFingerprint().toUpperCase())
})

test('another key is refused', async () => {
  await expect(verifySimpleSignature(good, trusts(other))).rejects.toThrow(
    untrusted('none of the trusted keys made it'),
  )
  await expect(verifySimpleSignature(good, { keys: [] })).rejects.toThrow(untrusted('none of the trusted keys'))
})

test('a key that has expired is refused, though it was good when it signed', async () => {
  const date = new Date(Date.now() - 10 * day)
  const { privateKey: key } = await newKey({ date, keyExpirationTime: (5 * day) / 1000 })
  const bytes = await signed(key, payload, new Date(date.getTime() + day))
  const now = new Date(date.getTime() + 2 * day)
  expect(await verifySimpleSignature(bytes, { ...trusts(key), now })).toMatchObject(content)
  await expect(verifySimpleSignature(bytes, trusts(key))).rejects.toThrow(untrusted('expired'))
})

test('a key that is revoked is refused', async () => {
  const { publicKey } = await revokeKey({ key: privateKey, revocationCertificate, format: 'object' })
  await expect(verifySimpleSignature(good, { keys: [publicKey.write()] })).rejects.toThrow(untrusted('revoked'))
})

test('no byte of it may change', async () => {
  const signature = readPackets(good)[2]?.body ?? Buffer.alloc(0)
  const start = good.length - signature.length
  // RFC 4880, section 5.2.3: what follows the hashed subpackets only says where to look
  const hashed = 6 + ((signature[4] ?? 0) << 8) + (signature[5] ?? 0)
  const content = Buffer.from(good).indexOf('{"critical"')
  const last = good.length - 1
  const every = Array.from({ length: hashed }, (_, at) => start + at)
  for (const at of [content, content + 60, start - 20, ...every, last, last - 40]) {
    const bytes = Uint8Array.from(good)
    bytes[at] = (bytes[at] ?? 0) ^ 1
    await expect(verifySimpleSignature(bytes, trusts(privateKey)), `${at}`).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:untrusted|bad-manifest)$/),
    })
  }
})

test.each([
  ['garbage', async () => Buffer.from('not a signature'), 'it is not an OpenPGP message'],
  ['nothing', async () => new Uint8Array(), 'it is not signed'],
  ['a cut', async () => good.subarray(0, -1), 'it is cut off'],
  ['trailing bytes', async () => Buffer.concat([good, Buffer.from('x')]), 'it is not an OpenPGP message'],
  ['a marker', async () => Buffer.concat([good, Buffer.from([0xca, 3, 0x50, 0x47, 0x50])]), 'more in it'],
  ['a second message', async () => Buffer.concat([good, good]), 'it has 2 signatures'],
  ['two signatures', () => signed([privateKey, other]), 'it has 2 signatures'],
  ['no signature', async () => new Uint8Array((await createMessage({ binary: payload })).write()), 'it is not signed'],
  [
    'trailing bytes in the compressed',
    async () => compressed(1, Buffer.concat([deflateRawSync(good), Buffer.from('x')])),
    'something follows it',
  ],
  ['a compressed beside others', async () => Buffer.concat([good, compressed(1, deflateRawSync(good))]), 'more in it'],
  [
    'compressed twice',
    async () => compressed(1, deflateRawSync(compressed(1, deflateRawSync(good)))),
    'it is not signed',
  ],
  [
    'a bomb',
    async () => compressed(1, deflateRawSync(Buffer.alloc(limits.signatureBytes + 1))),
    'cannot be decompressed',
  ],
  ['too much', async () => Buffer.alloc(limits.signatureBytes + 1, 0x90), `more than ${limits.signatureBytes} bytes`],
  ['another compression', async () => compressed(3, Buffer.from('BZh9')), 'neither ZIP nor ZLIB'],
  [
    'a clearsigned text',
    async () =>
      Buffer.from(
        await sign({ message: await createCleartextMessage({ text: payload.toString() }), signingKeys: privateKey }),
      ),
    'it is not an OpenPGP message',
  ],
  [
    'a detached signature',
    async () => {
      const message = await createMessage({ binary: payload })
      return new Uint8Array(await sign({ message, signingKeys: privateKey, detached: true, format: 'binary' }))
    },
    'what is signed is not in it',
  ],
  [
    'an encrypted one',
    async () => {
      const message = await createMessage({ binary: payload })
      return new Uint8Array(await encrypt({ message, passwords: 'x', signingKeys: privateKey, format: 'binary' }))
    },
    'it is encrypted',
  ],
])('%s is refused', async (_, bytes, why) => {
  await expect(verifySimpleSignature(await bytes(), trusts(privateKey))).rejects.toThrow(malformed(why))
})

test('a signature of text is none of bytes', async () => {
  const message = await createMessage({ text: payload.toString() })
  const bytes = new Uint8Array(await sign({ message, signingKeys: privateKey, format: 'binary' }))
  await expect(verifySimpleSignature(bytes, trusts(privateKey))).rejects.toThrow(untrusted('of another kind'))
})

test('SHA-1 counts, as for GnuPG; MD5 does not', async () => {
  const signedOver = async (preferredHashAlgorithm: number) => {
    const settings = {
      ...config,
      nonDeterministicSignaturesViaNotation: false,
      preferredHashAlgorithm,
      rejectHashAlgorithms: new Set<number>(),
      rejectMessageHashAlgorithms: new Set<number>(),
    }
    const { privateKey: key } = await generateKey({
      type: 'rsa',
      rsaBits: 2048,
      userIDs: [{ name: 'a' }],
      subkeys: [],
      format: 'object',
      config: settings,
    })
    const message = await createMessage({ binary: payload })
    const bytes = new Uint8Array(await sign({ message, signingKeys: key, format: 'binary', config: settings }))
    return verifySimpleSignature(bytes, trusts(key))
  }
  expect(await signedOver(enums.hash.sha1)).toMatchObject(content)
  await expect(signedOver(enums.hash.md5)).rejects.toMatchObject({ code: 'untrusted' })
})
