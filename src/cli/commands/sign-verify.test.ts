import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { runAs } from '../../../test/cli/run-dialect.ts'
import { runLading } from '../../../test/cli/run-lading.ts'
import { makeServiceKey } from '../../../test/services/service-keys.ts'
import { startVault } from '../../../test/services/start-vault.ts'
import { LadingError } from '../../errors/index.ts'
import { startFakeRegistry } from '../../testing/fake-registry.ts'
import { makeKeyPair } from '../../trust/sigstore/index.ts'
import { library } from '../library.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-cli-sign-'))
afterAll(() => rm(folder, { recursive: true }))
const file = (name: string) => path.join(folder, name)
const image = `local://${folder}/store//app:v1`
const digest = 'sha256:9dabd56ecc544f883110f18b6864b479d409407633a0ff0241e01073b3b63d15'
beforeAll(async () => {
  const pair = await makeKeyPair('correct horse')
  await writeFile(file('cosign.key'), pair.privateKey)
  await writeFile(file('cosign.pub'), pair.publicKey)
  await writeFile(file('passphrase'), 'correct horse\nand nothing else\n')
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
  await writeFile(file('other.pub'), other.export({ format: 'pem', type: 'spki' }))
  const hello = path.join(import.meta.dirname, '../../../examples/hello')
  await library.copyImage(`oci:${hello}:v1`, image)
})
const lading = (words: string[], env: Record<string, string> = {}) => runLading(words, { library, env })

test('what is signed is verified', async () => {
  const signed = await lading(['sign', '--key', file('cosign.key'), '--passphrase-file', file('passphrase'), image])
  expect(signed).toEqual({
    exit: 0,
    stdout: `signed ${image}\n  ${digest}\n  by ${file('cosign.key')}\n`,
    stderr: '',
  })
  const verified = await lading(['verify', '--key', file('cosign.pub'), image])
  expect(verified).toEqual({
    exit: 0,
    stdout: `verified ${image}\n  ${digest}\n  valid: a bundle by ${file('cosign.pub')}\n`,
    stderr: '',
  })
})

test('another key has not signed: exit 1, and which is missing', async () => {
  const run = await lading(['verify', '--key', file('other.pub'), '--key', file('cosign.pub'), image])
  expect(run.exit).toBe(1)
  expect(run.stdout).toContain('NOT verified')
  expect(run.stdout).toContain(`missing: a valid signature by ${file('other.pub')}\n`)
  expect(run.stderr).toContain(`verify ${image}: it has no valid signature of ${file('other.pub')}`)
})

test.each([
  [['--certificate-identity=', '--certificate-oidc-issuer=x'], '--certificate-identity is empty'],
  [['--certificate-identity=x', '--certificate-oidc-issuer='], '--certificate-oidc-issuer is empty'],
  [
    ['--certificate-identity=x', '--certificate-identity-regexp=.*', '--certificate-oidc-issuer=x'],
    '--certificate-identity and --certificate-identity-regexp cannot be given together',
  ],
])('an identity that is none or two: %s', async (words, message) => {
  const run = await lading(['verify', ...words, image])
  expect(run.exit).toBe(64)
  expect(run.stderr).toContain(message)
})

test('as JSON', async () => {
  const passphrase = { COSIGN_PASSWORD: 'correct horse' }
  const signed = await lading(['sign', '--key', file('cosign.key'), '--output', 'json', image], passphrase)
  expect(JSON.parse(signed.stdout)).toMatchObject({
    reference: image,
    digest,
    attach: 'referrer',
    signatures: [{ subject: digest, key: file('cosign.key'), keyDigest: expect.stringMatching(/^sha256:/) }],
  })
  const run = await lading(['verify', '--key', file('other.pub'), '--output', 'json', image])
  expect(run.exit).toBe(1)
  expect(JSON.parse(run.stdout)).toMatchObject({ verified: false, missing: [file('other.pub')] })
  expect(JSON.parse(run.stderr)).toMatchObject({ error: { code: 'untrusted' } })
})

test('the passphrase is another one, or nowhere: it is said, and not repeated', async () => {
  const words = ['sign', '--key', file('cosign.key'), image]
  const wrong = await lading(words, { COSIGN_PASSWORD: 'battery staple' })
  expect(wrong.exit).toBe(1)
  expect(wrong.stderr).toContain('the passphrase is not that of the key')
  expect(wrong.stderr).not.toContain('battery')
  const none = await lading(words)
  expect(none.stderr).toContain('there is no terminal to ask on')
  expect(none.exit).toBe(1)
})

describe('the exit code of verify is', () => {
  test('1 where nothing is signed', async () => {
    await library.copyImage(image, `local://${folder}/other//app:v1`, { referrers: false })
    const run = await lading(['verify', '--key', file('cosign.pub'), `local://${folder}/other//app:v1`])
    expect([run.exit, run.stderr]).toEqual([1, expect.stringContaining('it has no signature')])
  })

  test.each([
    ['the bucket is not there', ['--key', file('cosign.pub'), `local://${folder}/none//app:v1`]],
    ['the image is not there', ['--key', file('cosign.pub'), `local://${folder}/store//app:v2`]],
    ['the registry is not there', ['--key', file('cosign.pub'), '127.0.0.1:9/app:v1']],
    ['the key is not there', ['--key', file('none.pub'), image]],
    ['the key is none', ['--key', file('passphrase'), image]],
    ['Vault is not told', ['--key', 'hashivault://release', image]],
    ['the trusted root is none', ['--key', file('cosign.pub'), '--trusted-root', file('passphrase'), image]],
  ])('2 where %s', async (_, words) => {
    const run = await lading(['verify', ...words])
    expect([run.exit, run.stdout]).toEqual([2, ''])
  })

  test('2 where the registry refuses', async () => {
    await using registry = await startFakeRegistry({ auth: 'basic' })
    expect((await lading(['verify', '--key', file('cosign.pub'), `${registry.host}/app:v1`])).exit).toBe(2)
  })

  test('2 where the token for Vault is wrong', async () => {
    await using vault = await startVault()
    vault.keys.set('release', [makeServiceKey('P-256')])
    vi.stubEnv('VAULT_ADDR', vault.url)
    vi.stubEnv('VAULT_TOKEN', 'hvs.of-somebody-else')
    const run = await lading(['verify', '--key', 'hashivault://release', image])
    vi.stubEnv('VAULT_TOKEN', vault.token)
    const missing = await lading(['verify', '--key', 'hashivault://release', image])
    vi.unstubAllEnvs()
    expect([run.exit, run.stderr]).toEqual([2, expect.stringContaining('Vault does not accept the credentials')])
    expect(missing.exit).toBe(1)
  })

  test.each([
    ['bad-manifest', 1],
    ['digest-mismatch', 1],
    ['too-large', 1],
    ['denied', 2],
    ['internal', 2],
    ['timeout', 2],
  ] as const)('that of what went wrong: %s is %i', async (code, exit) => {
    const verifyImage = () => Promise.reject(new LadingError(code, 'so'))
    expect((await runLading(['verify', '--key', 'k', 'a:1'], { library: { verifyImage } })).exit).toBe(exit)
  })

  test.each([
    [[], '--key'],
    [['--certificate-identity', 'me@example.com'], '--certificate-oidc-issuer is missing'],
    [['--certificate-oidc-issuer', 'https://example.com'], '--certificate-identity is missing'],
    [['--certificate-identity-regexp', '('], 'is no regular expression'],
    [['--key', 'awskms://alias/x'], 'awskms:///alias/NAME'],
    [['--key', 'k8s://a/b'], 'Kubernetes'],
  ])('64 for %j', async (words, message) => {
    const run = await lading(['verify', ...words, image])
    expect([run.exit, run.stderr]).toEqual([64, expect.stringContaining(message)])
  })
})

test.each([
  [[], 'nobody is named who signs'],
  [['--key', 'k', '-a', 'x'], 'takes NAME=VALUE'],
  [['--key', 'k', '--attach', 'x'], 'referrer, tag, s3lo'],
])('sign %j is refused', async (words, message) => {
  const run = await lading(['sign', ...words, image])
  expect([run.exit, run.stderr]).toEqual([64, expect.stringContaining(message)])
})

test.each([
  [['--identity-token', 'eyJh.eyJi.c'], { keyless: { identityToken: 'eyJh.eyJi.c' } }],
  [['--identity-token', ''], { keyless: {} }],
  [
    ['--fulcio-url', 'https://f', '--rekor-url', 'https://r'],
    { keyless: { fulcioUrl: 'https://f' }, rekorUrl: 'https://r' },
  ],
  [['--timestamp-server-url', 'https://t', '--key', 'k'], { timestampUrl: 'https://t', keys: ['k'] }],
])('sign %j', async (words, options) => {
  const calls: unknown[] = []
  const library = { signImage: (...given: unknown[]) => Promise.reject(void calls.push(given)) }
  await runLading(['sign', ...words, 'app:1'], { library })
  expect(calls).toEqual([['app:1', expect.objectContaining(options)]])
})

test('a token is read from a file, too', async () => {
  await writeFile(file('token'), 'eyJh.eyJi.c\n')
  const calls: unknown[] = []
  const library = { signImage: (...given: unknown[]) => Promise.reject(void calls.push(given)) }
  await runLading(['sign', '--identity-token', file('token'), 'app:1'], { library })
  expect(calls).toEqual([['app:1', expect.objectContaining({ keyless: { identityToken: 'eyJh.eyJi.c' } })]])
})

test('what is asked for reaches the library', async () => {
  const calls: unknown[] = []
  const library = {
    signImage: (...words: unknown[]) => Promise.reject(void calls.push(words)),
    verifyImage: (...words: unknown[]) => Promise.reject(void calls.push(words)),
  }
  const words = ['--key', 'a,b', '--key', 'c', '-r', '-a', 'x=1=2', '--sign-identity', 'r', '--attach', 'tag']
  await runLading(['sign', ...words, '--creds', 'me:mine', '--region', 'eu', 'app:1'], { library })
  const trust = ['--rekor-key', 'r1', '--rekor-key', 'r2', '--trusted-root', 't', '--insecure-ignore-tlog']
  await runLading(['verify', '--key', 'a', ...trust, 'app:1'], { library })
  const identity = ['--certificate-identity-regexp', 'a+', '--certificate-oidc-issuer', 'https://i']
  await runLading(['verify', ...identity, '--creds', 'me:mine', 'app:1'], { library })
  const credential = { username: 'me', password: 'mine' }
  expect(calls).toEqual([
    [
      'app:1',
      expect.objectContaining({
        keys: ['a,b', 'c'],
        recursive: true,
        attach: 'tag',
        annotations: { x: '1=2' },
        identity: 'r',
        destinationServer: { credential },
        cloud: { region: 'eu' },
      }),
    ],
    ['app:1', expect.objectContaining({ keys: ['a'], rekorKeys: ['r1', 'r2'], trustedRoot: 't', ignoreLog: true })],
    [
      'app:1',
      expect.objectContaining({
        identity: { subject: /a+/u, issuer: 'https://i' },
        sourceServer: { credential },
      }),
    ],
  ])
})

describe('as s3lo', () => {
  const bare = { ...library }

  test('a tag is signed in its form, and verified', async () => {
    vi.stubEnv(
      'S3LO_KEY',
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    )
    const signed = await runAs('s3lo', ['sign', image, '--key', 'env://S3LO_KEY', '--output', 'json'], bare)
    expect(JSON.parse(signed.stdout)).toMatchObject({ attach: 's3lo' })
    const run = await runAs('s3lo', ['verify', image, '--key', 'env://S3LO_KEY'], bare)
    vi.unstubAllEnvs()
    expect([run.exit, run.stdout]).toEqual([
      0,
      expect.stringMatching(/valid: s3lo's signature [0-9a-f]{16}\.json by env/),
    ])
  })

  test('the exit codes of verify are its own', async () => {
    expect((await runAs('s3lo', ['verify', image, '--key', file('other.pub')], bare)).exit).toBe(1)
    expect((await runAs('s3lo', ['verify', image, '--key', file('none.pub')], bare)).exit).toBe(2)
    expect((await runAs('s3lo', ['verify', image], bare)).exit).toBe(1)
  })
})
