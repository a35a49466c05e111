import type { KeyObject } from 'node:crypto'
import { type FakeGoogleTokens, startFakeGoogleTokens } from '../../src/testing/fake-google-tokens.ts'
import { startScriptedServer } from '../../src/testing/scripted-server.ts'
import { hashNameOf, isDigestOf, serviceSignature, spkiPem } from './service-keys.ts'

export interface GoogleKms extends AsyncDisposable {
  readonly url: string
  readonly tokens: FakeGoogleTokens
  /** By the name of the crypto key: its versions that are enabled, by number. */
  readonly keys: Map<string, Record<string, KeyObject>>
  /** `GET /v1/…`, in order; refused ones too. */
  readonly log: readonly string[]
  algorithm: string | undefined
  denied: boolean
}

/** A stand-in for Cloud KMS that takes only tokens which Google's stand-in gave for it, and signs digests with the keys that it has. */
export async function startGoogleKms(): Promise<GoogleKms> {
  const tokens = await startFakeGoogleTokens('https://www.googleapis.com/auth/cloudkms')
  const server = await startScriptedServer(async (request, response) => {
    const answer = (status: number, value: unknown) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    const refuse = (status: number, word: string) =>
      answer(status, { error: { code: status, message: `it is ${word}`, status: word } })
    if (!tokens.given.some(token => request.headers.authorization === `Bearer ${token}`))
      return refuse(401, 'UNAUTHENTICATED')
    if (kms.denied) return refuse(403, 'PERMISSION_DENIED')
    const [, name = '', number, action] =
      /^\/v1\/(.+?)\/cryptoKeyVersions(?:\/(\d+)(?:\/(publicKey)|:(asymmetricSign))?)?$/
        .exec(request.path)
        ?.map((part, at, all) => (at === 3 ? (part ?? all[4]) : part)) ?? []
    const versions = kms.keys.get(name)
    if (versions === undefined) return refuse(404, 'NOT_FOUND')
    if (number === undefined) {
      const newest = Object.keys(versions)
        .map(Number)
        .sort((a, b) => b - a)
      const asked = new URLSearchParams(request.query)
      if (asked.get('filter') !== 'state=ENABLED' || asked.get('orderBy') !== 'name desc')
        return refuse(400, 'INVALID_ARGUMENT')
      return answer(200, { cryptoKeyVersions: newest.map(one => ({ name: `${name}/cryptoKeyVersions/${one}` })) })
    }
    const key = versions[number]
    if (key === undefined) return refuse(404, 'NOT_FOUND')
    const resource = `${name}/cryptoKeyVersions/${number}`
    if (action === 'publicKey')
      return answer(200, { name: resource, pem: spkiPem(key), algorithm: kms.algorithm ?? algorithmOf(key) })
    const { digest, data } = JSON.parse((await request.body()).toString())
    const hash = hashNameOf(key)
    const signed = Buffer.from(key.asymmetricKeyType === 'ed25519' ? data : digest?.[hash], 'base64')
    if (key.asymmetricKeyType !== 'ed25519' && !isDigestOf(hash, signed)) return refuse(400, 'INVALID_ARGUMENT')
    answer(200, { name: resource, signature: serviceSignature(key, signed).toString('base64') })
  })
  const kms: GoogleKms = {
    url: server.origin,
    tokens,
    keys: new Map(),
    log: server.log,
    algorithm: undefined,
    denied: false,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await tokens[Symbol.asyncDispose]()
    },
  }
  return kms
}

function algorithmOf(key: KeyObject): string {
  if (key.asymmetricKeyType === 'ed25519') return 'EC_SIGN_ED25519'
  if (key.asymmetricKeyType === 'rsa') return 'RSA_SIGN_PKCS1_2048_SHA256'
  return hashNameOf(key) === 'sha256' ? 'EC_SIGN_P256_SHA256' : 'EC_SIGN_P384_SHA384'
}
