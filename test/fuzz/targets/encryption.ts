import assert from 'node:assert/strict'
import { generateKeyPairSync, type X509Certificate } from 'node:crypto'
import { bytesOf } from '../../../src/streams/index.ts'
import { decryptLayer } from '../../../src/transform/encryption/decrypt-layer.ts'
import { jweOpener } from '../../../src/transform/encryption/jwe/jwe-opener.ts'
import { jweWrapper } from '../../../src/transform/encryption/jwe/jwe-wrapper.ts'
import type { KeyOpener } from '../../../src/transform/encryption/key-wrapper.ts'
import { formatSeal, formatSecret, parseSeal, parseSecret } from '../../../src/transform/encryption/layer-secret.ts'
import { parsePrivateKey } from '../../../src/transform/encryption/parse-private-key.ts'
import { parsePublicKey } from '../../../src/transform/encryption/parse-public-key.ts'
import { pgpOpener } from '../../../src/transform/encryption/pgp/pgp-opener.ts'
import { writeDer } from '../../../src/transform/encryption/pkcs7/der.ts'
import { pkcs7Opener } from '../../../src/transform/encryption/pkcs7/pkcs7-opener.ts'
import { pkcs7Wrapper } from '../../../src/transform/encryption/pkcs7/pkcs7-wrapper.ts'
import {
  parseSealAnnotation,
  parseWrappedKeys,
  withWrappedKeys,
} from '../../../src/transform/encryption/wrapped-keys.ts'
import { drain, refusable } from '../refusable.ts'
import { type FuzzTarget, textSeeds } from '../target.ts'

const key = Buffer.alloc(32, 1)
const secret = formatSecret({ key, nonce: Buffer.alloc(16, 2), digest: `sha256:${'a'.repeat(64)}` })
const seal = formatSeal({ mac: Buffer.alloc(32, 3) })
const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const another = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 })
const name = writeDer(0x30)
const fields = writeDer(0x30, writeDer(0x02, Buffer.from([1])), name, name)
// all that is used of it
const certificate = { raw: writeDer(0x30, fields), publicKey: rsa.publicKey } as unknown as X509Certificate
const algorithm = 'ECDH-ES+A256KW' as const
const recipients = [another, curve].map(({ publicKey }) => ({ key: publicKey, algorithm }))
const [forOne, forTwo, enveloped] = await Promise.all([
  jweWrapper(recipients.slice(1)).wrap(secret, undefined),
  jweWrapper(recipients).wrap(secret, undefined),
  pkcs7Wrapper([certificate]).wrap(secret, undefined),
])

/** Nothing but what was wrapped ever comes out. */
async function open(opener: KeyOpener, bytes: Uint8Array): Promise<void> {
  const opened = await opener.open(bytes, undefined)
  if (opened !== undefined) assert.deepEqual(Buffer.from(opened), Buffer.from(secret))
}

const annotations = (keys: string) => ({ 'org.opencontainers.image.enc.keys.jwe': keys, other: 'x' })

export const encryptionTargets: readonly FuzzTarget[] = [
  {
    name: 'layer-annotations',
    seeds: textSeeds('YQ==', 'YQ==,YWI=,YWJj', Buffer.from(seal).toString('base64')),
    words: [',', '=', '=='],
    run(bytes) {
      const text = Buffer.from(bytes).toString()
      parseSealAnnotation({ 'org.opencontainers.image.enc.pubopts': text })
      const wrapped = parseWrappedKeys(annotations(text))
      const again = parseWrappedKeys(withWrappedKeys(annotations(text), [{ scheme: 'jwe', bytes: key }], seal))
      assert.deepEqual(again.slice(0, -1), wrapped)
    },
  },
  {
    name: 'layer-options',
    seeds: [secret, seal],
    words: [
      '"symkey":',
      '"digest":',
      '"cipheroptions":',
      '"nonce":',
      '"hmac":',
      '"cipher":',
      'null',
      'AES_256_CTR_HMAC_SHA256',
    ],
    async run(bytes) {
      const opened = (await refusable(() => parseSecret(bytes))) ?? parseSecret(secret)
      const sealed = (await refusable(() => parseSeal(bytes))) ?? parseSeal(seal)
      await refusable(() => drain(decryptLayer(bytesOf(bytes).open(), { secret: opened, seal: sealed }, true)))
    },
  },
  {
    name: 'jwe',
    seeds: [forOne, forTwo],
    words: [
      '"recipients":[',
      '"header":{',
      '"alg":"RSA-OAEP"',
      '"enc":"A128GCM"',
      '"epk":{',
      '"crv":"P-521"',
      '"aad":"',
      '"unprotected":',
    ],
    run: bytes => open(jweOpener('key', curve.privateKey), bytes),
  },
  {
    name: 'pkcs7',
    seeds: [enveloped],
    run: bytes => open(pkcs7Opener('key', rsa.privateKey), bytes),
  },
  {
    name: 'key-file',
    seeds: [
      ...textSeeds(
        JSON.stringify(curve.privateKey.export({ format: 'jwk' })),
        JSON.stringify(curve.publicKey.export({ format: 'jwk' })),
        curve.privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
        curve.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        curve.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
        '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlFgE\n=aaaa\n-----END PGP PRIVATE KEY BLOCK-----\n',
      ),
      curve.privateKey.export({ type: 'pkcs8', format: 'der' }),
    ],
    words: ['-----BEGIN ENCRYPTED PRIVATE KEY-----', 'Proc-Type: 4,ENCRYPTED', '"d":"', '"kty":"oct"'],
    async run(bytes) {
      const file = Buffer.from(bytes)
      await refusable(() => parsePublicKey(file, 'file'))
      await refusable(() => parsePrivateKey(file, undefined, 'file'))
      await refusable(() => pgpOpener('file', file, undefined))
    },
  },
]
