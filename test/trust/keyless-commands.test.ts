import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { copyImage, type SignOptions, signImage, type VerifyOptions, verifyImage } from '../../src/index.ts'
import { makeServiceKey, spkiPem } from '../services/service-keys.ts'
import { identityToken, type SigstoreServer, startSigstore } from './start-sigstore.ts'

const hello = `oci:${path.join(import.meta.dirname, '../../examples/hello')}:v1`
const identity = { subject: 'https://builder.example.com/job', issuer: 'https://fake.oidcissuer.com' }
const folder = await mkdtemp(path.join(tmpdir(), 'lading-keyless-'))
afterAll(() => rm(folder, { recursive: true }))

let server: SigstoreServer
let stranger: SigstoreServer
let trustedRoot: string
let strangersRoot: string
beforeAll(async () => {
  ;[server, stranger] = await Promise.all([startSigstore(), startSigstore()])
  const write = async (name: string, root: object) => {
    await writeFile(path.join(folder, name), JSON.stringify(root))
    return path.join(folder, name)
  }
  trustedRoot = await write('root.json', server.trustedRoot)
  strangersRoot = await write('stranger.json', stranger.trustedRoot)
  await writeFile(path.join(folder, 'rekor.pub'), server.rekorKey)
  await writeFile(path.join(folder, 'stranger.pub'), stranger.rekorKey)
})
afterAll(() => Promise.all([server[Symbol.asyncDispose](), stranger[Symbol.asyncDispose]()]))

let images = 0
async function signed(options: SignOptions): Promise<string> {
  // In one bucket what is attached to a manifest is found with every tag of it.
  const own = `local://${folder}/store${++images}//app:v1`
  await copyImage(hello, own)
  await signImage(own, options)
  return own
}
const keyless = () => ({
  keyless: { fulcioUrl: server.url, identityToken: identityToken() },
  rekorUrl: server.url,
})
const refused = async (image: string, options: VerifyOptions, reason: string | RegExp) => {
  const result = await verifyImage(image, options)
  expect(result.verified).toBe(false)
  expect(result.signatures.map(one => one.reason)).toEqual([expect.stringMatching(reason)])
}

describe.each(['referrer', 'tag'] as const)('without a key, as a %s', attach => {
  test('whom the certificate is of has signed, and nobody else', async () => {
    const image = await signed({ ...keyless(), attach })
    const result = await verifyImage(image, { identity, trustedRoot })
    expect(result).toMatchObject({
      verified: true,
      signatures: [{ valid: true, identity: { subjects: [identity.subject], issuer: identity.issuer } }],
    })
    const expressions = { subject: /https:\/\/builder\.example\.com\/.*/, issuer: identity.issuer }
    expect((await verifyImage(image, { identity: expressions, trustedRoot })).verified).toBe(true)
    await refused(
      image,
      { identity: { ...identity, subject: 'https://builder.example.com/jo' }, trustedRoot },
      'not of',
    )
    await refused(image, { identity: { ...identity, subject: /job/ }, trustedRoot }, 'not of')
    await refused(image, { identity: { ...identity, issuer: 'https://other.example.com' }, trustedRoot }, 'vouches')
    await refused(image, { identity, trustedRoot: strangersRoot }, /./)
    const pub = path.join(folder, 'key.pub')
    await writeFile(pub, spkiPem(makeServiceKey('P-256')))
    expect(await verifyImage(image, { keys: [pub] })).toMatchObject({ verified: false, missing: [pub] })
  })

  test('an older image that is put back has too old a signature, where that is asked', async () => {
    const image = await signed({ ...keyless(), attach })
    const young = { identity: { ...identity, maxAgeSeconds: 7 * 86_400 }, trustedRoot }
    expect((await verifyImage(image, young)).verified).toBe(true)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 8 * 86_400_000 })
    try {
      await refused(image, young, 'the certificate was issued at .* too old')
      expect((await verifyImage(image, { identity, trustedRoot })).verified).toBe(true)
    } finally {
      vi.useRealTimers()
    }
  })

  test('a key in a log is asked for there', async () => {
    vi.stubEnv('KEY', makeServiceKey('P-256').export({ format: 'pem', type: 'pkcs8' }).toString())
    const keys = ['env://KEY']
    const logged = await signed({ keys, rekorUrl: server.url, attach })
    const unlogged = await signed({ keys, attach })
    const rekorKeys = [path.join(folder, 'rekor.pub')]
    const elsewhere = [path.join(folder, 'stranger.pub')]
    expect((await verifyImage(logged, { keys, rekorKeys })).verified).toBe(true)
    expect((await verifyImage(logged, { keys, rekorKeys: [...elsewhere, ...rekorKeys] })).verified).toBe(true)
    expect((await verifyImage(logged, { keys, trustedRoot })).verified).toBe(true)
    expect((await verifyImage(logged, { keys })).verified).toBe(true)
    await refused(logged, { keys, rekorKeys: elsewhere }, /./)
    await refused(logged, { keys, trustedRoot: strangersRoot }, /./)
    await refused(unlogged, { keys, rekorKeys }, /./)
    await refused(unlogged, { keys, trustedRoot }, /./)
    expect((await verifyImage(unlogged, { keys, trustedRoot, ignoreLog: true })).verified).toBe(true)
    vi.unstubAllEnvs()
  })
})

test('a timestamp says when a certificate was used, in the place of a log', async () => {
  const image = await signed({ keyless: keyless().keyless, timestampUrl: `${server.url}/api/v1/timestamp` })
  const root = path.join(folder, 'no-logs.json')
  await writeFile(root, JSON.stringify({ ...server.trustedRoot, tlogs: [] }))
  expect((await verifyImage(image, { identity, trustedRoot: root })).verified).toBe(true)
  await refused(image, { identity, trustedRoot }, /./)
})

test.each([
  ['nothing would say when', { keyless: { fulcioUrl: 'https://fulcio.example.com' } }],
  ['there are keys too', { keyless: {}, keys: ['k'] }],
  ['it is a signature of s3lo', { keyless: {}, attach: 's3lo' as const }],
  ['a tag has no timestamp', { keys: ['k'], timestampUrl: 'https://t.example.com', attach: 'tag' as const }],
])('where %s, nobody is asked', async (_, options) => {
  await expect(signImage(`local://${folder}/none//app:v1`, options)).rejects.toMatchObject({ code: 'bad-argument' })
})

test('a certificate is asked for once there is something to sign', async () => {
  const before = server.requests.length
  await expect(signImage(`local://${folder}/store1//app:none`, keyless())).rejects.toMatchObject({
    code: expect.stringMatching(/not-found/),
  })
  expect(server.requests).toHaveLength(before)
})

test('a refusal of Fulcio is an error, and the token is in no text', async () => {
  const image = await signed(keyless())
  server.answerNext('/api/v2/signingCert', { status: 403, body: '{"message":"there was an error processing it"}' })
  const token = identityToken()
  const failure = await signImage(image, {
    ...keyless(),
    keyless: { fulcioUrl: server.url, identityToken: token },
  }).catch(error => error)
  expect(failure.code).toMatch(/denied|unauthorized/)
  expect(JSON.stringify({ ...failure, message: failure.message })).not.toContain(token)
})
