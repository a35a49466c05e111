import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { makeServiceKey } from '../../../test/services/service-keys.ts'
import { type GoogleKms, startGoogleKms } from '../../../test/services/start-google-kms.ts'
import { type KeyVault, startKeyVault } from '../../../test/services/start-key-vault.ts'
import { type HttpTestClient, openHttpTestClient } from '../../testing/http-test-client.ts'
import { isSignedBy } from '../sigstore/signature-scheme.ts'
import type { KeyContext } from './key-context.ts'
import { openPublicKey, openSigner } from './open-signer.ts'

const message = Buffer.from('what is signed')
let client: HttpTestClient
beforeEach(() => {
  client = openHttpTestClient()
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await client[Symbol.asyncDispose]()
})

describe('Cloud KMS', () => {
  const key = 'projects/p/locations/l/keyRings/r/cryptoKeys/k'
  const uri = `gcpkms://${key}`
  let kms: GoogleKms
  let folder: string
  let context: KeyContext
  beforeEach(async () => {
    kms = await startGoogleKms()
    folder = await mkdtemp(path.join(tmpdir(), 'lading-google-'))
    const file = path.join(folder, 'credentials.json')
    await writeFile(file, JSON.stringify(kms.tokens.keyFile))
    context = {
      http: async () => kms.tokens.led(client.http),
      environment: {
        METADATA_SERVER_DETECTION: 'none',
        GOOGLE_APPLICATION_CREDENTIALS: file,
        CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS: `${kms.url}/`,
      },
    }
  })
  afterEach(async () => {
    await kms[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  test.each(['P-256', 'P-384', 'RSA', 'Ed25519'] as const)('signs with %s, by the newest version', async type => {
    kms.keys.set(key, { 2: makeServiceKey('P-256'), 10: makeServiceKey(type) })
    const signer = await openSigner(uri, context)
    const signature = await signer.sign(message)
    expect(isSignedBy(await signer.publicKey(), message, signature)).toBe(true)
    expect(kms.log.at(-1)).toBe(`POST /v1/${key}/cryptoKeyVersions/10:asymmetricSign`)
  })

  test('a version that is named is used, and no other is looked for', async () => {
    kms.keys.set(key, { 1: makeServiceKey('P-256'), 2: makeServiceKey('P-256') })
    await openPublicKey(`${uri}/versions/1`, context)
    await openPublicKey(`${uri}/cryptoKeyVersions/1`, context)
    expect(kms.log).toEqual(Array(2).fill(`GET /v1/${key}/cryptoKeyVersions/1/publicKey`))
  })

  test('a key of which nothing is enabled, and one that is not there', async () => {
    kms.keys.set(key, {})
    await expect(openPublicKey(uri, context)).rejects.toMatchObject({ code: 'bad-key', message: /no version/ })
    await expect(openPublicKey(`${uri}2`, context)).rejects.toMatchObject({ code: 'bad-key', message: /no such key/ })
  })

  test.each(['RSA_SIGN_PSS_2048_SHA256', 'RSA_SIGN_PKCS1_4096_SHA512'])('%s signs no images', async algorithm => {
    kms.keys.set(key, { 1: makeServiceKey('RSA') })
    kms.algorithm = algorithm
    await expect(openPublicKey(uri, context)).rejects.toMatchObject({
      code: 'bad-key',
      message: expect.stringContaining(algorithm),
    })
  })

  test('without permission, and without credentials', async () => {
    kms.keys.set(key, { 1: makeServiceKey('P-256') })
    kms.denied = true
    await expect(openPublicKey(uri, context)).rejects.toMatchObject({
      code: 'denied',
      hint: expect.stringContaining('cloudkms.cryptoKeyVersions.list'),
    })
    const nobody = { METADATA_SERVER_DETECTION: 'none', CLOUDSDK_CONFIG: folder }
    await expect(openPublicKey(uri, { ...context, environment: nobody })).rejects.toMatchObject({
      code: 'unauthorized',
      message: 'no Google credentials were found',
    })
  })
})

describe('Azure Key Vault', () => {
  const host = 'tests.vault.azure.net'
  const uri = `azurekms://${host}/release`
  let vault: KeyVault
  let context: KeyContext
  // The SDK keeps a machine's token as long as the process lives, so one stand-in serves all.
  beforeAll(async () => {
    vault = await startKeyVault(host)
  })
  afterAll(() => vault[Symbol.asyncDispose]())
  beforeEach(() => {
    vault.reset()
    // The chain of credentials reads the environment itself.
    for (const name of Object.keys(process.env)) if (name.startsWith('AZURE_')) vi.stubEnv(name, undefined)
    vi.stubEnv('IDENTITY_ENDPOINT', vault.identityEndpoint)
    vi.stubEnv('IDENTITY_HEADER', 'secret')
    context = { http: async () => vault.led(client.http), environment: {} }
  })

  test.each(['P-256', 'P-384', 'RSA'] as const)('signs with %s, by the version that was shown', async type => {
    vault.keys.set('release', [makeServiceKey('P-256'), makeServiceKey(type)])
    const signer = await openSigner(uri, context)
    const shown = await signer.publicKey()
    vault.keys.get('release')?.push(makeServiceKey(type))
    expect(isSignedBy(shown, message, await signer.sign(message))).toBe(true)
    expect(vault.log.at(-1)).toBe('POST /keys/release/v2/sign?api-version=7.4')
  })

  test('a version that is named', async () => {
    vault.keys.set('release', [makeServiceKey('P-256'), makeServiceKey('P-256')])
    const first = await openPublicKey(`${uri}/v1`, context)
    expect(first.equals(await openPublicKey(uri, context))).toBe(false)
  })

  test.each([
    ['without permission', () => (vault.denied = true), 'denied', 'Key Vault Crypto User'],
    ['for encryption', () => (vault.operations = ['encrypt']), 'bad-key', 'sign'],
    ['that is not there', () => vault.keys.clear(), 'bad-key', 'name'],
  ])('a key %s', async (_, change, code, hint) => {
    vault.keys.set('release', [makeServiceKey('P-256')])
    change()
    await expect(openPublicKey(uri, context)).rejects.toMatchObject({ code, hint: expect.stringContaining(hint) })
  })

  test('without an identity', async () => {
    vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'EnvironmentCredential')
    await expect(openPublicKey(uri, context)).rejects.toMatchObject({
      code: 'unauthorized',
      // and not the key of a storage account
      hint: expect.stringMatching(/^log in with `az login`, or check AZURE_TENANT_ID/),
    })
    expect(vault.log).toEqual([])
  })

  test.each([
    'evil.example.com',
    'vault.azure.net.example.com',
    'xvault.azure.net',
  ])('%s is shown no token', async other => {
    await expect(openSigner(`azurekms://${other}/release`, context)).rejects.toMatchObject({ code: 'bad-argument' })
    expect(vault.log).toEqual([])
  })
})
