import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { keySigner } from './key-signer.ts'
import { makeKeyPair } from './make-key-pair.ts'
import { formatPem, parsePem } from './pem.ts'
import { readPrivateKey } from './read-private-key.ts'
import { formatPublicKey, readPublicKey } from './read-public-key.ts'
import { isSignedBy, signBytes } from './signature-scheme.ts'

const pair = await makeKeyPair('secret')
const content = Buffer.from('content')

/** As `cosign generate-key-pair` 3.1 wrote it, with the passphrase "secret". */
const ofCosign = formatPem({
  label: 'ENCRYPTED SIGSTORE PRIVATE KEY',
  bytes: Buffer.from(
    '{"kdf":{"name":"scrypt","params":{"N":65536,"r":8,"p":1},"salt":"89LdLQxbOHQfcWzvBBeU08wSpwWC4h4fBJxWqcbYLy8="},"cipher":{"name":"nacl/secretbox","nonce":"+xyvZdqZVkkL2PlIl2p9GGS1atfbOBQp"},"ciphertext":"8j++Fe8vUIGaduZKBMuS1tl2sNbfwMCpaJNlKo3qETU4USQ4CJ5fUFiUk0fcRvtAPEgSCoiSTmusdEqLRM78171TwuFms/ezhReURidkMIKzS+rbjRXSaWfrVyb8LxL6oCSZHT1SeJ7qpZ3WIE/33pqVaScGfYgYZQKKzzPFwsspCrWo902w0l3CtmHMNmp+DRcd6fq4zvw9iA=="}',
  ),
})

/** A key of ours with a change of the JSON that it is encrypted in. */
function changed(change: (document: Record<string, Record<string, unknown>>) => void): string {
  const [{ label, bytes } = { label: '', bytes: Buffer.alloc(0) }] = parsePem(pair.privateKey)
  const document = JSON.parse(bytes.toString())
  change(document)
  return formatPem({ label, bytes: Buffer.from(JSON.stringify(document)) })
}

describe('a private key', () => {
  test('that is made comes back with its passphrase, and belongs to the public one', async () => {
    const key = await readPrivateKey(pair.privateKey, 'secret')
    expect(formatPublicKey(createPublicKey(key))).toBe(pair.publicKey)
  })

  test('of cosign is read', async () => {
    const key = await readPrivateKey(ofCosign, 'secret')
    expect(key.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' })
  })

  test.each([
    ['another passphrase', pair.privateKey, 'Secret', 'the passphrase is not that of the key'],
    ['an empty one', pair.privateKey, '', 'the passphrase is not that of the key'],
    ['none', pair.privateKey, undefined, 'the private key is encrypted, and no passphrase is given'],
    [
      'a changed ciphertext',
      changed(key => (key.ciphertext = `${Buffer.alloc(80).toString('base64')}` as never)),
      'secret',
      'the passphrase is not',
    ],
    ['a changed salt', changed(key => (key.kdf = { ...key.kdf, salt: 'AAAA' })), 'secret', 'the passphrase is not'],
    [
      'more memory than a key is worth',
      changed(key => (key.kdf = { ...key.kdf, params: { N: 2 ** 24, r: 8, p: 1 } })),
      'secret',
      'asks for scrypt with N=16777216',
    ],
    [
      'more work',
      changed(key => (key.kdf = { ...key.kdf, params: { N: 2 ** 16, r: 8, p: 1000 } })),
      'secret',
      'asks for scrypt',
    ],
    [
      'an N that is none',
      changed(key => (key.kdf = { ...key.kdf, params: { N: 1000, r: 8, p: 1 } })),
      'secret',
      'asks for scrypt',
    ],
    [
      'another derivation',
      changed(key => (key.kdf = { ...key.kdf, name: 'none' })),
      'secret',
      'the encrypted key is malformed',
    ],
    [
      'another cipher',
      changed(key => (key.cipher = { ...key.cipher, name: 'none' })),
      'secret',
      'the encrypted key is malformed',
    ],
    [
      'a nonce of another length',
      changed(key => (key.cipher = { ...key.cipher, nonce: 'AAAA' })),
      'secret',
      'the encrypted key is malformed',
    ],
    ['the public key', pair.publicKey, 'secret', 'it holds no private key'],
    ['two keys', pair.privateKey + pair.privateKey, 'secret', 'it holds several private keys'],
    [
      'another form',
      formatPem({ label: 'ENCRYPTED PRIVATE KEY', bytes: content }),
      'secret',
      'in the form "ENCRYPTED PRIVATE KEY" is not read',
    ],
    ['no key inside', formatPem({ label: 'PRIVATE KEY', bytes: content }), undefined, 'the private key is malformed'],
  ])('with %s is refused', async (_, pem, passphrase, message) => {
    await expect(readPrivateKey(pem, passphrase)).rejects.toThrow(
      expect.objectContaining({ code: 'bad-config', message: expect.stringContaining(message) }),
    )
  })

  test.each([
    ['PKCS #8', 'pkcs8', 'ec'],
    ['SEC 1', 'sec1', 'ec'],
    ['PKCS #1', 'pkcs1', 'rsa'],
  ] as const)('that is not encrypted is read as %s', async (_, type, kind) => {
    const { privateKey } =
      kind === 'ec'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = privateKey.export({ format: 'pem', type } as { format: 'pem'; type: 'pkcs8' }).toString()
    expect((await readPrivateKey(pem, undefined)).equals(privateKey)).toBe(true)
  })
})

describe('a signature', () => {
  const kinds = {
    'P-256': () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    'P-384': () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
    'P-521': () => generateKeyPairSync('ec', { namedCurve: 'P-521' }),
    RSA: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
    Ed25519: () => generateKeyPairSync('ed25519'),
  }
  test.each(Object.entries(kinds))('by a key of %s is one of that key and that content', async (_, make) => {
    const [own, other] = [make(), make()]
    const signer = keySigner('key', own.privateKey)
    const signature = await signer.sign(content)
    expect(isSignedBy(await signer.publicKey(), content, signature)).toBe(true)
    expect(isSignedBy(readPublicKey(formatPublicKey(own.publicKey)), content, signature)).toBe(true)
    expect(isSignedBy(other.publicKey, content, signature)).toBe(false)
    expect(isSignedBy(own.publicKey, Buffer.from('Content'), signature)).toBe(false)
    expect(isSignedBy(own.publicKey, content, signBytes(own.privateKey, Buffer.from('else')))).toBe(false)
    expect(isSignedBy(own.publicKey, content, Buffer.alloc(0))).toBe(false)
  })
})

describe('a public key', () => {
  const spki = (key: { readonly publicKey: Parameters<typeof formatPublicKey>[0] }) => formatPublicKey(key.publicKey)
  test.each([
    ['of RSA with 1024 bits', spki(generateKeyPairSync('rsa', { modulusLength: 1024 })), 'RSA of 1024 bits'],
    [
      'of a curve that cosign does not know',
      spki(generateKeyPairSync('ec', { namedCurve: 'secp256k1' })),
      'ec secp256k1',
    ],
    ['for agreeing on keys', spki(generateKeyPairSync('x25519')), 'x25519'],
    ['that is private', pair.privateKey, 'it is not one public key in PEM'],
    ['beside another', pair.publicKey + pair.publicKey, 'it is not one public key in PEM'],
    ['that is malformed', formatPem({ label: 'PUBLIC KEY', bytes: content }), 'the public key is malformed'],
    ['that is not there', '', 'it is not one public key in PEM'],
  ])('%s is refused', (_, pem, message) => {
    expect(() => readPublicKey(pem)).toThrow(
      expect.objectContaining({ code: 'bad-config', message: expect.stringContaining(message) }),
    )
  })
})

test('PEM is read with headers, with what openssl writes between, and with the ends of lines of Windows', () => {
  const text = 'subject=CN\r\n-----BEGIN X-----\r\nProc-Type: 4\r\n\r\nAAEC\r\n-----END X-----\r\n'
  expect(parsePem(text)).toEqual([{ label: 'X', bytes: Buffer.from([0, 1, 2]) }])
  const long = { label: 'X', bytes: Buffer.alloc(100, 7) }
  expect(parsePem(formatPem(long) + formatPem(long))).toEqual([long, long])
})
