import { createPublicKey, type KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import { close, listen } from '../../src/testing/listen.ts'
import { hashNameOf, isDigestOf, serviceSignature, spkiPem } from './service-keys.ts'

export interface Vault extends AsyncDisposable {
  readonly url: string
  /** By name: the versions of each, the first is 1. */
  readonly keys: Map<string, KeyObject[]>
  /** `POST /v1/transit/sign/x/sha2-256`, in order; refused ones too. */
  readonly calls: string[]
  token: string
  namespace: string | undefined
}

/** A stand-in for the transit engine of Vault that checks the token of every request, and signs digests with the keys that it has. */
export async function startVault(): Promise<Vault> {
  const made = new Set<string>()
  const server = createServer(async (request, response) => {
    const { method, url = '', headers } = request
    const body = Buffer.concat(await Array.fromAsync(request)).toString()
    vault.calls.push(`${method} ${url}`)
    const answer = (status: number, value: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (headers['x-vault-token'] !== vault.token || headers['x-vault-namespace'] !== vault.namespace) {
      return answer(403, { errors: ['permission denied', 'invalid token'] })
    }
    const [, action = '', name = '', hash] = /^\/v1\/transit\/(keys|sign|verify)\/([^/]+)(?:\/+(.+))?$/.exec(url) ?? []
    const versions = vault.keys.get(name)
    if (action === 'keys' && versions === undefined) return answer(404, { errors: [] })
    if (versions === undefined) return answer(400, { errors: ['signing key not found'] })
    if (action === 'keys') return answer(200, { data: description(versions) })
    const input = JSON.parse(body)
    const digest = Buffer.from(input.input, 'base64')
    const version = Number(input.key_version || versions.length)
    const key = versions[version - 1]
    if (key === undefined) return answer(400, { errors: ['requested version for signing is not there'] })
    if (action === 'verify') {
      // node:crypto verifies no digests: what was signed here is remembered
      return answer(200, { data: { valid: made.has(`${name} ${input.input} ${input.signature}`) } })
    }
    const isEdwards = key.asymmetricKeyType === 'ed25519'
    const wanted = hashNameOf(key)
    if (
      !isEdwards &&
      (input.prehashed !== true || hash !== wanted.replace('sha', 'sha2-') || !isDigestOf(wanted, digest))
    ) {
      return answer(400, { errors: ['it is no digest that this key signs'] })
    }
    const signature = `vault:v${version}:${serviceSignature(key, digest).toString('base64')}`
    made.add(`${name} ${input.input} ${signature}`)
    return answer(200, { data: { signature } })
  })
  const host = await listen(server)
  const vault: Vault = {
    url: `http://${host}`,
    keys: new Map(),
    calls: [],
    token: 'hvs.a-token-of-vault',
    namespace: undefined,
    [Symbol.asyncDispose]: () => close(server),
  }
  return vault
}

function description(versions: readonly KeyObject[]) {
  const [key] = versions
  if (key === undefined) throw new Error('a key has a version')
  const name = { ec: `ecdsa-p${hashNameOf(key).slice(3)}`, rsa: 'rsa-2048' }[String(key.asymmetricKeyType)] ?? 'ed25519'
  const keys = versions.map((one, at) => [
    at + 1,
    { name, public_key: name === 'ed25519' ? rawKey(one) : spkiPem(one) },
  ])
  return { type: name, latest_version: versions.length, keys: Object.fromEntries(keys) }
}

function rawKey(key: KeyObject): string {
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  return Buffer.from(x, 'base64url').toString('base64')
}
