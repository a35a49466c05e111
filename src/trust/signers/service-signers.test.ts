import { createPublicKey } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { makeServiceKey } from '../../../test/services/service-keys.ts'
import { type AwsKms, startAwsKms } from '../../../test/services/start-aws-kms.ts'
import { awsKeys } from '../../../test/services/start-ecr-api.ts'
import { startVault, type Vault } from '../../../test/services/start-vault.ts'
import { type HttpTestClient, openHttpTestClient } from '../../testing/http-test-client.ts'
import { isSignedBy } from '../sigstore/signature-scheme.ts'
import type { KeyContext } from './key-context.ts'
import { openPublicKey, openSigner } from './open-signer.ts'

const message = Buffer.from('what is signed')
let client: HttpTestClient
let folder: string
beforeEach(async () => {
  client = openHttpTestClient()
  folder = await mkdtemp(path.join(tmpdir(), 'lading-vault-'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await client[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const contextOf = (environment: Record<string, string>, more: Partial<KeyContext> = {}): KeyContext => ({
  http: async () => client.http,
  environment,
  ...more,
})

describe('AWS KMS', () => {
  const uri = 'awskms:///alias/release'
  let kms: AwsKms
  let context: KeyContext
  beforeEach(async () => {
    kms = await startAwsKms()
    vi.stubEnv('AWS_ACCESS_KEY_ID', awsKeys.accessKeyId)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', awsKeys.secretAccessKey)
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
    vi.stubEnv('AWS_CONFIG_FILE', path.join(folder, 'config'))
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', path.join(folder, 'credentials'))
    context = contextOf({ AWS_ENDPOINT_URL_KMS: kms.url, AWS_REGION: 'eu-west-1' })
  })
  afterEach(() => kms[Symbol.asyncDispose]())

  test.each([
    'P-256',
    'P-384',
    'RSA',
    'Ed25519',
  ] as const)('signs with %s, and is sent a digest where it can be', async type => {
    kms.keys.set('alias/release', makeServiceKey(type))
    const signer = await openSigner(uri, context)
    expect(kms.calls).toEqual([])
    const signature = await signer.sign(message)
    expect(isSignedBy(await signer.publicKey(), message, signature)).toBe(true)
    expect(kms.calls).toEqual(['GetPublicKey alias/release', 'Sign alias/release'])
  })

  test('a public key is asked for alone', async () => {
    const key = makeServiceKey('P-256')
    kms.keys.set('alias/release', key)
    expect((await openPublicKey(uri, context)).equals(createPublicKey(key))).toBe(true)
  })

  test('an ARN says its region, and an alias does not', async () => {
    const arn = 'arn:aws:kms:ap-south-1:111122223333:alias/release'
    kms.keys.set(arn, makeServiceKey('P-256'))
    const elsewhere = contextOf({ AWS_ENDPOINT_URL: kms.url })
    expect((await openPublicKey(`awskms:///${arn}`, elsewhere)).type).toBe('public')
    await expect(openPublicKey(uri, elsewhere)).rejects.toMatchObject({ code: 'bad-config', hint: /--region/ })
  })

  test('a profile says the region, and whose keys are used', async () => {
    kms.keys.set('alias/release', makeServiceKey('P-256'))
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined)
    await writeFile(path.join(folder, 'config'), '[profile p]\nregion = eu-north-1\n')
    await writeFile(
      path.join(folder, 'credentials'),
      `[p]\naws_access_key_id = ${awsKeys.accessKeyId}\naws_secret_access_key = ${awsKeys.secretAccessKey}\n`,
    )
    const profiled = contextOf({ AWS_ENDPOINT_URL: kms.url }, { cloud: { profile: 'p' } })
    expect((await openPublicKey(uri, profiled)).type).toBe('public')
  })

  test('wrong credentials are refused, with what to look at', async () => {
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'wrong')
    await expect(openPublicKey(uri, context)).rejects.toMatchObject({
      code: 'unauthorized',
      message: expect.stringContaining('InvalidSignatureException'),
      subject: uri,
      hint: expect.stringContaining('AWS_ACCESS_KEY_ID'),
    })
  })

  test.each([
    ['AccessDeniedException', 400, 'denied', /kms:GetPublicKey/],
    ['DisabledException', 400, 'bad-key', /enabled/],
    ['NotFoundException', 400, 'bad-key', /account/],
    ['SomethingElse', 400, 'protocol-error', undefined],
  ])('%s', async (type, status, code, hint) => {
    kms.keys.set('alias/release', makeServiceKey('P-256'))
    kms.refusal = { status, type }
    await expect(openPublicKey(uri, context)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(type),
      ...(hint === undefined ? {} : { hint: expect.stringMatching(hint) }),
    })
  })

  test('a key for encryption is none', async () => {
    kms.keys.set('alias/release', makeServiceKey('RSA'))
    kms.usage = 'ENCRYPT_DECRYPT'
    await expect(openPublicKey(uri, context)).rejects.toMatchObject({
      code: 'bad-key',
      message: 'the key in AWS KMS is for ENCRYPT_DECRYPT, and not for signing',
    })
  })

  test('a signature of something else is not passed on', async () => {
    kms.keys.set('alias/release', makeServiceKey('P-256'))
    kms.lies = true
    const signer = await openSigner(uri, context)
    await expect(signer.sign(message)).rejects.toMatchObject({ code: 'protocol-error', subject: uri })
  })

  test('nobody answers', async () => {
    const nowhere = contextOf({ AWS_ENDPOINT_URL_KMS: 'http://127.0.0.1:9', AWS_REGION: 'eu-west-1' })
    await expect(openPublicKey(uri, nowhere)).rejects.toMatchObject({ code: 'network', subject: uri })
  })

  test('an endpoint in the name is asked over HTTPS', async () => {
    const named = `awskms://${new URL(kms.url).host}/alias/release`
    await expect(openPublicKey(named, context)).rejects.toMatchObject({ code: expect.stringMatching(/tls|network/) })
    expect(kms.calls).toEqual([])
  })
})

describe('Vault', () => {
  const uri = 'hashivault://ci-signer'
  let vault: Vault
  const context = (more: Record<string, string> = {}) =>
    contextOf({ VAULT_ADDR: `${vault.url}/`, VAULT_TOKEN: vault.token, HOME: folder, ...more })
  beforeEach(async () => {
    vault = await startVault()
  })
  afterEach(() => vault[Symbol.asyncDispose]())

  test.each(['P-256', 'P-384', 'RSA', 'Ed25519'] as const)('signs with %s', async type => {
    vault.keys.set('ci-signer', [makeServiceKey(type)])
    const signer = await openSigner(uri, context())
    const signature = await signer.sign(message)
    expect(isSignedBy(await signer.publicKey(), message, signature)).toBe(true)
  })

  test('the newest version is the key, and what was shown signs though it is rotated meanwhile', async () => {
    vault.keys.set('ci-signer', [makeServiceKey('P-256'), makeServiceKey('P-256')])
    const signer = await openSigner(uri, context())
    const shown = await signer.publicKey()
    vault.keys.get('ci-signer')?.push(makeServiceKey('P-256'))
    expect(isSignedBy(shown, message, await signer.sign(message))).toBe(true)
    expect((await openPublicKey(uri, context())).equals(shown)).toBe(false)
  })

  test('the token is also what `vault login` left, and the namespace is said', async () => {
    vault.keys.set('ci-signer', [makeServiceKey('P-256')])
    vault.namespace = 'team'
    await writeFile(path.join(folder, '.vault-token'), `${vault.token}\n`)
    const kept = context({ VAULT_TOKEN: '', VAULT_NAMESPACE: 'team' })
    expect((await openPublicKey(uri, kept)).type).toBe('public')
  })

  test('another engine', async () => {
    await expect(openPublicKey(uri, context({ TRANSIT_SECRET_ENGINE_PATH: '/other/' }))).rejects.toThrow()
    expect(vault.calls).toEqual(['GET /v1/other/keys/ci-signer'])
  })

  test.each([
    ['a wrong token', { VAULT_TOKEN: 'hvs.another-token' }, 'unauthorized', 'does not accept the credentials'],
    ['no token', { VAULT_TOKEN: '' }, 'unauthorized', 'there is no token for Vault'],
    ['no address', { VAULT_ADDR: '' }, 'bad-config', 'VAULT_ADDR is not set'],
    ['an address that is none', { VAULT_ADDR: 'file:///x' }, 'bad-config', 'VAULT_ADDR is not the address'],
    ['no server', { VAULT_ADDR: 'http://127.0.0.1:9' }, 'network', ''],
    ['no such key', {}, 'bad-key', 'Vault has no such key'],
  ])('%s', async (_, environment, code, text) => {
    const failure = openPublicKey(uri, context(environment))
    await expect(failure).rejects.toMatchObject({ code })
    await expect(failure).rejects.toThrow(text)
    await expect(failure).rejects.not.toThrow(/hvs\./)
  })
})
