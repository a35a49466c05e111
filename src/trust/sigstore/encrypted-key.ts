import { randomBytes, scrypt } from 'node:crypto'
import * as v from 'valibot'
import { LadingError } from '../../errors/index.ts'
import { limits } from '../../model/limits.ts'
import { readJson } from '../../model/read-json.ts'

const keyBytes = 32
const saltBytes = 32
const nonceBytes = 24

/** What go-securesystemslib calls its standard cost, and every cosign reads. */
const cost = { N: 2 ** 16, r: 8, p: 1 } as const

const base64 = (bytes?: number) =>
  v.pipe(
    v.string(),
    v.base64(),
    v.transform(text => Buffer.from(text, 'base64')),
    v.check(decoded => bytes === undefined || decoded.length === bytes, `it is not of ${bytes} bytes`),
  )
const positive = v.pipe(v.number(), v.safeInteger(), v.minValue(1))

/** The JSON within the PEM block of a key of cosign's: go-securesystemslib, `encrypted`. */
const document = v.object({
  kdf: v.object({
    name: v.literal('scrypt'),
    params: v.object({ N: positive, r: positive, p: positive }),
    salt: base64(),
  }),
  cipher: v.object({ name: v.literal('nacl/secretbox'), nonce: base64(nonceBytes) }),
  ciphertext: base64(),
})

/**
 * @throws LadingError `bad-config` where it is no such document, asks for more work than is done for a key, or the passphrase is another one
 */
export async function openEncryptedKey(bytes: Uint8Array, passphrase: string): Promise<Uint8Array> {
  const { kdf, cipher, ciphertext } = readDocument(bytes)
  const secret = await deriveKey(passphrase, kdf.salt, kdf.params)
  const { xsalsa20poly1305 } = await import('@noble/ciphers/salsa.js')
  try {
    return xsalsa20poly1305(secret, cipher.nonce).decrypt(ciphertext)
  } catch {
    throw new LadingError('bad-config', 'the passphrase is not that of the key', {
      hint: 'give the passphrase with --sign-passphrase-file, without a line feed that is not part of it',
    })
  }
}

export async function encryptKey(key: Uint8Array, passphrase: string): Promise<Uint8Array> {
  const salt = randomBytes(saltBytes)
  const nonce = randomBytes(nonceBytes)
  const secret = await deriveKey(passphrase, salt, cost)
  const { xsalsa20poly1305 } = await import('@noble/ciphers/salsa.js')
  const ciphertext = xsalsa20poly1305(secret, nonce).encrypt(key)
  const text = (content: Uint8Array) => Buffer.from(content).toString('base64')
  return Buffer.from(
    JSON.stringify({
      kdf: { name: 'scrypt', params: cost, salt: text(salt) },
      cipher: { name: 'nacl/secretbox', nonce: text(nonce) },
      ciphertext: text(ciphertext),
    }),
  )
}

function readDocument(bytes: Uint8Array): v.InferOutput<typeof document> {
  try {
    return v.parse(document, readJson(bytes))
  } catch (cause) {
    throw new LadingError('bad-config', 'the encrypted key is malformed', { cause })
  }
}

interface Cost {
  readonly N: number
  readonly r: number
  readonly p: number
}

/** What a file asks for is memory and time, and it may be anybody's. */
async function deriveKey(passphrase: string, salt: Uint8Array, { N, r, p }: Cost): Promise<Buffer> {
  const isPower = N > 1 && Number.isInteger(Math.log2(N))
  // RFC 7914, section 2: so much memory, as often as p says
  const memory = 128 * N * r
  if (!isPower || memory * p > limits.keyDerivationBytes) {
    throw new LadingError('bad-config', `the encrypted key asks for scrypt with N=${N}, r=${r}, p=${p}`, {
      hint: 'this is more work than is done for a key; encrypt it as cosign does',
    })
  }
  // what it counts itself is a little more
  const maxmem = memory + 128 * r * p + 2 ** 20
  return await new Promise((resolve, reject) =>
    scrypt(passphrase, salt, keyBytes, { N, r, p, maxmem }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    ),
  )
}
