import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { digestOf } from '../../src/model/digest.ts'
import { usualPartBytes } from '../../src/stores/parts/part-size.ts'
import { bytesOf } from '../../src/streams/index.ts'
import { openHttpTestClient } from '../../src/testing/http-test-client.ts'
import { type ScriptedServer, startScriptedServer } from '../../src/testing/scripted-server.ts'
import { makeCertificate } from '../services/certificate.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { type AzuriteServer, startAzurite } from '../services/start-azurite.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { type Intercept, openAzure, operationOf } from './open-azure.ts'

/** What Azurite reads of a token: it has no key to check the signature with. */
function token(number: number): string {
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    aud: 'https://storage.azure.com',
    iss: 'https://sts.windows.net/00000000-0000-0000-0000-000000000001/',
    iat: now - 60,
    nbf: now - 60,
    exp: now + 3600,
    number,
  }
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  return `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}.c2lnbmVk`
}

describeWithServices(['azurite-blob', 'openssl'], 'identities in Azure', () => {
  const container = 'of-identities'
  let azurite: AzuriteServer
  let identities: ScriptedServer
  let issued: number
  let lifetimeSeconds: number
  beforeAll(async () => {
    const folder = await mkdtemp(path.join(temporaryFolder(), 'azurite-'))
    azurite = await startAzurite({ tls: await makeCertificate(folder, 'tls') })
    // The endpoint that App Service, Functions and Container Apps give to what runs there.
    identities = await startScriptedServer((request, response) => {
      if (request.headers['x-identity-header'] !== 'secret') return void response.writeHead(401).end()
      const expires = Math.floor(Date.now() / 1000) + lifetimeSeconds
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ access_token: token(++issued), expires_on: String(expires), token_type: 'Bearer' }))
    })
  })
  beforeAll(async () => {
    await using client = openHttpTestClient()
    const made = await client.http.request({
      method: 'PUT',
      url: `${azurite.endpoint}/${container}?restype=container`,
      headers: { authorization: `Bearer ${token(0)}`, 'x-ms-version': '2021-12-02' },
      tlsVerify: false,
    })
    expect(made.status).toBe(201)
    await made.discard()
  })
  afterAll(async () => {
    await identities[Symbol.asyncDispose]()
    await azurite[Symbol.asyncDispose]()
  })
  beforeEach(() => {
    issued = 0
    // The chain of credentials reads the environment itself.
    for (const name of Object.keys(process.env)) if (name.startsWith('AZURE_')) vi.stubEnv(name, undefined)
    vi.stubEnv('IDENTITY_ENDPOINT', `${identities.origin}/token`)
    vi.stubEnv('IDENTITY_HEADER', 'secret')
  })
  afterEach(() => vi.unstubAllEnvs())

  const unchecked: Intercept = (request, next) => next({ ...request, tlsVerify: false })
  const open = (intercept: Intercept = unchecked) =>
    openAzure(container, { cloud: { endpoint: azurite.endpoint }, environment: {} }, (request, next) =>
      intercept(request, changed => unchecked(changed, next)),
    )

  // First: what the SDK knows of the machine's identity it keeps for the whole process, and would not ask again.
  test('a token that is refused in the middle of an upload is replaced, and the upload goes on', async () => {
    lifetimeSeconds = 60
    const tokens = new Set<string | null>()
    const content = Buffer.alloc(2 * usualPartBytes + 1024 * 1024, 'x')
    const challenge =
      'Bearer authorization_uri=https://login.microsoftonline.com/00000000-0000-0000-0000-000000000001/oauth2/authorize resource_id=https://storage.azure.com'
    let blocks = 0
    await using store = await open((request, next) => {
      if (operationOf(request) !== 'PUT block') return next(request)
      tokens.add(new Headers(request.headers).get('authorization'))
      if (++blocks !== 2) return next(request)
      const headers = new Map([
        ['www-authenticate', challenge],
        ['x-ms-error-code', 'InvalidAuthenticationInfo'],
      ])
      const body = bytesOf(new Uint8Array()).open()
      return Promise.resolve({ status: 401, headers, url: request.url, body, discard: async () => {} })
    })
    const digest = digestOf(content)
    expect((await store.put('large', bytesOf(content), { content: digest })).size).toBe(content.byteLength)
    expect(blocks).toBe(4)
    expect(tokens.size).toBeGreaterThan(1)
    expect(tokens).not.toContain(null)
  })

  test('the identity of the machine opens a second bucket in this process, and one token serves all requests', async () => {
    lifetimeSeconds = 3600
    await using store = await open()
    await store.put('a', new TextEncoder().encode('hello'), { ifNoneMatch: '*' })
    expect((await store.head('a'))?.size).toBe(5)
    expect((await store.copyFrom?.(store.origin?.('a') ?? expect.fail(), 'b', { size: 5 }))?.size).toBe(5)
    expect(await Array.fromAsync(store.list(''))).toHaveLength(3)
    expect(issued).toBe(1)
  })

  test('nobody', async () => {
    vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'EnvironmentCredential')
    await using store = await open()
    await expect(store.head('absent')).rejects.toMatchObject({
      code: 'unauthorized',
      message: 'no credentials for Azure were found on this machine',
      hint: expect.stringContaining('az login'),
    })
  })
})
