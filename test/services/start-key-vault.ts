import { createPublicKey, type KeyObject } from 'node:crypto'
import type { HttpClient } from '../../src/http/index.ts'
import { startScriptedServer } from '../../src/testing/scripted-server.ts'
import { hashNameOf, isDigestOf } from './service-keys.ts'
import { signDigest } from './sign-digest.ts'

export interface KeyVault extends AsyncDisposable {
  /** Where tokens are given: what IDENTITY_ENDPOINT names. */
  readonly identityEndpoint: string
  /** By name: its versions, the newest last. */
  readonly keys: Map<string, KeyObject[]>
  /** `GET /keys/…`, in order; refused ones too. */
  readonly log: readonly string[]
  denied: boolean
  operations: readonly string[]
  /** Back to how it began, but for the tokens. */
  reset(): void
  /** A client whose requests to `https://<host>` come here. */
  led(http: HttpClient): HttpClient
}

/**
 * A stand-in for a vault of Azure Key Vault and for the endpoint that gives tokens to what runs in App Service: it takes only tokens for
 * vaults that were given there, and signs digests with the keys that it has.
 */
export async function startKeyVault(host: string): Promise<KeyVault> {
  const tokens = new Map<string, string | null>()
  const server = await startScriptedServer(async (request, response) => {
    const answer = (status: number, value: unknown) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    const refuse = (status: number, code: string) =>
      answer(status, { error: { code, message: `${code} of ${request.path}` } })
    const query = new URLSearchParams(request.query)
    if (request.path === '/identity') {
      if (request.headers['x-identity-header'] !== 'secret') return refuse(401, 'Unauthorized')
      const token = `token-${tokens.size + 1}-${Math.random()}`
      tokens.set(token, query.get('resource'))
      return answer(200, {
        access_token: token,
        expires_on: String(Math.floor(Date.now() / 1000) + 3600),
        token_type: 'Bearer',
      })
    }
    const given = tokens.get(String(request.headers.authorization).replace('Bearer ', ''))
    if (given !== 'https://vault.azure.net') return refuse(401, 'Unauthorized')
    if (vault.denied) return refuse(403, 'Forbidden')
    const [, name = '', version = '', action] = /^\/keys\/([^/]+)(?:\/(v\d+))?(?:\/(sign))?$/.exec(request.path) ?? []
    const versions = vault.keys.get(name) ?? []
    const key = version === '' ? versions.at(-1) : versions[Number(version.slice(1)) - 1]
    if (key === undefined || query.get('api-version') !== '7.4') return refuse(404, 'KeyNotFound')
    const kid = `https://${host}/keys/${name}/v${versions.indexOf(key) + 1}`
    if (action === undefined) {
      const jwk = createPublicKey(key).export({ format: 'jwk' })
      return answer(200, { key: { ...jwk, kty: `${jwk.kty}-HSM`, kid, key_ops: vault.operations } })
    }
    const { alg, value } = JSON.parse((await request.body()).toString())
    const digest = Buffer.from(value, 'base64url')
    const hash = hashNameOf(key)
    const wanted = `${key.asymmetricKeyType === 'rsa' ? 'RS' : 'ES'}${hash.slice(3)}`
    if (alg !== wanted || !isDigestOf(hash, digest)) return refuse(400, 'BadParameter')
    answer(200, { kid, value: signDigest(key, digest).toString('base64url') })
  })
  const vault: KeyVault = {
    identityEndpoint: `${server.origin}/identity`,
    keys: new Map(),
    log: server.log,
    denied: false,
    operations: ['sign', 'verify'],
    reset() {
      vault.keys.clear()
      server.log.length = 0
      vault.denied = false
      vault.operations = ['sign', 'verify']
    },
    led: http => ({
      ...http,
      request: request => http.request({ ...request, url: request.url.replace(`https://${host}`, server.origin) }),
      direct: () => undefined,
      pause: (pause, signal) => http.pause(pause, signal),
      [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
    }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
  return vault
}
