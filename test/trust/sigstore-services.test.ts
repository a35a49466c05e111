import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openHttpTestClient } from '../../src/testing/http-test-client.ts'
import {
  findIdentityToken,
  formatPublicKey,
  openRekor,
  openTimestampAuthority,
  requestCertificate,
} from '../../src/trust/sigstore/index.ts'
import { readSigningParameters } from '../../src/trust/sigstore/read-signing-parameters.ts'
import { signBytes } from '../../src/trust/sigstore/signature-scheme.ts'
import { identityToken, type SigstoreServer, startSigstore } from './start-sigstore.ts'

const client = openHttpTestClient()
afterAll(() => client[Symbol.asyncDispose]())
let server: SigstoreServer
beforeAll(async () => {
  server = await startSigstore()
})
afterAll(() => server[Symbol.asyncDispose]())

const fulcioPath = '/api/v2/signingCert'
const rekorPath = '/api/v1/log/entries'
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const content = Buffer.from('content')
const entry = { signature: signBytes(privateKey, content), content, verifier: formatPublicKey(publicKey) }

describe('Fulcio', () => {
  test('gives a certificate for a key that is new each time', async () => {
    const [one, two] = [1, 2].map(() => requestCertificate(client.http, server.url, identityToken()))
    const leaf = (await one)?.certificate?.leaf
    expect(leaf).toContain('BEGIN CERTIFICATE')
    expect((await two)?.certificate?.leaf).not.toBe(leaf)
  })

  test.each([
    [
      'refuses the token',
      { status: 401, body: '{"message":"bad token"}' },
      'unauthorized',
      'Fulcio answered 401: bad token',
    ],
    ['forbids it', { status: 403 }, 'denied', 'Fulcio answered 403'],
    ['finds a mistake', { status: 400, body: '{"message":"no"}' }, 'protocol-error', 'Fulcio answered 400: no'],
    ['answers no JSON', { status: 201, body: '<html>' }, 'protocol-error', 'something else than its specification'],
    [
      'answers no certificate',
      { status: 201, body: '{"signedCertificateEmbeddedSct":{"chain":{"certificates":["x"]}}}' },
      'protocol-error',
      'something else than certificates',
    ],
    [
      'leads elsewhere',
      { status: 307, headers: { location: 'http://127.0.0.1:1/' } },
      'protocol-error',
      'Fulcio answered 307',
    ],
  ])('is not believed where it %s', async (_, answer, code, message) => {
    server.answerNext(fulcioPath, answer)
    await expect(requestCertificate(client.http, server.url, identityToken())).rejects.toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    )
  })

  test('is not believed where its certificate is for another key', async () => {
    const { certificate } = await requestCertificate(client.http, server.url, identityToken())
    const body = JSON.stringify({ signedCertificateEmbeddedSct: { chain: { certificates: [certificate?.leaf] } } })
    server.answerNext(fulcioPath, { status: 201, body })
    await expect(requestCertificate(client.http, server.url, identityToken())).rejects.toThrow('for another key')
  })

  test.each([
    ['is none', 'token', 'is no JSON web token'],
    ['is of nobody', identityToken({ sub: '' }), 'does not say whom it is of'],
    ['has expired', identityToken({ exp: 1 }), 'has expired'],
  ])('is not asked with a token that %s', async (_, token, message) => {
    const before = server.requests.length
    await expect(requestCertificate(client.http, server.url, token)).rejects.toThrow(
      expect.objectContaining({ code: 'bad-argument', message: expect.stringContaining(message) }),
    )
    expect(server.requests.length).toBe(before)
  })

  test.each(['http://fulcio.example.com', 'ftp://localhost', 'fulcio'])('is not asked at %s', async url => {
    await expect(requestCertificate(client.http, url, identityToken())).rejects.toMatchObject({ code: 'bad-argument' })
  })
})

describe('Rekor', () => {
  test('gives the same entry where it has it already', async () => {
    const rekor = openRekor(client.http, `${server.url}/`)
    const first = await rekor.enterHash(entry)
    expect(first.kind).toEqual({ kind: 'hashedrekord', version: '0.0.1' })
    expect(await rekor.enterHash(entry)).toEqual(first)
    expect(server.requests.at(-1)).toMatch(/^GET \/api\/v1\/log\/entries\/[0-9a-f]{64}$/)
  })

  test('is asked again where it fails for a moment', async () => {
    server.answerNext(rekorPath, { status: 503 })
    expect(await openRekor(client.http, server.url).enterHash(entry)).toMatchObject({
      integratedTime: expect.any(Number),
    })
  })

  test.each([
    ['finds a mistake', { status: 400, body: '{"message":"no"}' }, 'Rekor answered 400: no'],
    ['has it and does not say where', { status: 409 }, 'does not say where'],
    ['answers without an entry', { status: 201, body: '{}' }, 'something else than its specification'],
    [
      'answers without a promise',
      { status: 201, body: '{"a":{"body":"e30=","integratedTime":1,"logID":"ab","logIndex":1,"verification":{}}}' },
      'something else than its specification',
    ],
  ])('is not believed where it %s', async (_, answer, message) => {
    server.answerNext(rekorPath, answer)
    await expect(openRekor(client.http, server.url).enterHash(entry)).rejects.toThrow(
      expect.objectContaining({ code: 'protocol-error', message: expect.stringContaining(message) }),
    )
  })
})

test('a timestamp of something else is not taken', async () => {
  const clock = openTimestampAuthority(client.http, `${server.url}/api/v1/timestamp`)
  expect((await clock.stamp(content)).length).toBeGreaterThan(100)
  server.answerNext('/api/v1/timestamp', { status: 201, body: 'none' })
  await expect(clock.stamp(content)).rejects.toMatchObject({ code: 'protocol-error' })
})

describe('the token of this machine', () => {
  const find = (environment: Record<string, string>) => findIdentityToken(async () => client.http, environment)

  test('is that of SIGSTORE_ID_TOKEN, else one of GitHub', async () => {
    expect(await find({ SIGSTORE_ID_TOKEN: 'a.b.c\n' })).toBe('a.b.c')
    server.answerNext('/token?a=1&audience=sigstore', { status: 200, body: '{"value":"d.e.f"}' })
    const environment = {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${server.url}/token?a=1`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'secret-of-job',
    }
    expect(await find(environment)).toBe('d.e.f')
  })

  test('is asked for where there is none', async () => {
    await expect(find({})).rejects.toMatchObject({
      code: 'unauthorized',
      hint: expect.stringContaining('SIGSTORE_ID_TOKEN'),
    })
  })
})

describe('a file of signing parameters', () => {
  const token = identityToken()
  const fulcio = `fulcio:\n  fulcioURL: https://fulcio.example.com\n  oidcMode: staticToken\n  oidcIDToken: ${token}\n`
  test('says how to sign', async () => {
    expect(await readSigningParameters('privateKeyFile: a.key\nprivateKeyPassphraseFile: a.txt\n', 'f')).toEqual({
      privateKeyFile: 'a.key',
      privateKeyPassphraseFile: 'a.txt',
      rekorUrl: undefined,
    })
    expect(await readSigningParameters(`${fulcio}rekorURL: https://rekor.example.com`, 'f')).toEqual({
      fulcio: { url: 'https://fulcio.example.com', token },
      rekorUrl: 'https://rekor.example.com',
    })
  })

  test.each([
    ['nobody', 'rekorURL: https://rekor.example.com', 'bad-config', 'neither a private key nor Fulcio'],
    ['two', `privateKeyFile: a\n${fulcio}`, 'bad-config', 'neither a private key nor Fulcio, or both'],
    ['Fulcio without a log', fulcio, 'bad-config', 'names Fulcio and no Rekor'],
    ['a field that is not known', 'privateKey: a', 'bad-config', 'privateKey is not as it must be'],
    [
      'a token that is missing',
      `${fulcio.replace(/ {2}oidcIDToken.*\n/, '')}rekorURL: https://r.example.com`,
      'bad-config',
      'needs a token',
    ],
    [
      'a browser',
      `${fulcio.replace('staticToken', 'interactive')}rekorURL: https://r.example.com`,
      'unsupported',
      'interactive asks somebody to log in',
    ],
    ['no YAML', `{${token}`, 'bad-config', 'it is no file of signing parameters'],
    ['nothing', '', 'bad-config', 'it is no file of signing parameters'],
  ])('with %s is refused, and never repeated', async (_, text, code, message) => {
    const refused = await readSigningParameters(text, 'file').catch(error => error)
    expect(refused).toMatchObject({ code, message: expect.stringContaining(message) })
    expect(`${refused.message}${refused.hint}`).not.toContain(token)
  })
})
