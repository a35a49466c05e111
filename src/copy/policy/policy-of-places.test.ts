import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { environmentOf, sdkClient } from '../../../test/stores/s3-place.ts'
import { type FakeRegistry, startFakeRegistry } from '../../testing/fake-registry.ts'
import { startFakeS3 } from '../../testing/fake-s3.ts'
import { startScriptedServer } from '../../testing/scripted-server.ts'
import { copyImage } from '../copy-image.ts'
import type { CopyOptions } from '../copy-options.ts'
import { pullImage, pushImage } from '../daemon-images.ts'
import { inspectImage } from '../inspect-image.ts'
import { syncImages } from '../sync/sync-images.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-policy-'))
const hello = `oci:${path.join(import.meta.dirname, '../../../examples/hello')}:v1`
let registry: FakeRegistry
beforeAll(async () => {
  registry = await startFakeRegistry()
  for (const name of ['a/app:v1', 'a/app:v2', 'b/app:v1']) await copyImage(hello, `${registry.host}/${name}`)
  await copyImage(hello, `local://${folder}/bucket//app:v1`)
  await copyImage(hello, `docker-archive:${folder}/app.tar:app:v1`)
})
beforeEach(() => {
  registry.requests.length = 0
})
afterAll(async () => {
  await registry[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

let made = 0
const fresh = () => path.join(folder, String(made++))
const accept = [{ type: 'insecureAcceptAnything' }]
const reject = [{ type: 'reject' }]
const signed = [{ type: 'signedBy', keyType: 'GPGKeys', keyData: 'aw==' }]

async function policyOf(transports: object, fallback: object = accept): Promise<{ policy: { file: string } }> {
  const file = `${fresh()}.json`
  await writeFile(file, JSON.stringify({ default: fallback, transports }))
  return { policy: { file } }
}

/** A policy that rejects one scope and accepts all else. */
const rejecting = (transport: string, scope: string, requirements: object = reject) =>
  policyOf({ [transport]: { [scope]: requirements } })

async function refused(copying: Promise<unknown>): Promise<void> {
  await expect(copying).rejects.toMatchObject({ code: 'untrusted', side: 'source', operation: 'check policy' })
}

describe('what is rejected is not asked for', () => {
  test('in a registry', async () => {
    await refused(copyImage(`${registry.host}/a/app:v1`, `dir:${fresh()}`, await rejecting('docker', registry.host)))
    expect(registry.requests).toEqual([])
    await copyImage(`${registry.host}/b/app:v1`, `dir:${fresh()}`, await rejecting('docker', `${registry.host}/a`))
  })

  test.each([
    ['a short name', 'app:v1', (host: string) => `[aliases]\n"app" = "${host}/a/app"\n`],
    ['a name that is searched for', 'a/app:v1', (host: string) => `unqualified-search-registries = ["${host}"]\n`],
  ])('under %s', async (_, name, conf) => {
    const registriesConf = `${fresh()}.conf`
    await writeFile(registriesConf, conf(registry.host))
    const options = await rejecting('docker', `${registry.host}/a/app`)
    await refused(copyImage(name, `dir:${fresh()}`, { ...options, registriesConf }))
    await copyImage(name, `dir:${fresh()}`, { ...(await rejecting('docker', 'docker.io')), registriesConf })
  })

  test('at a mirror, where the name that was used is rejected', async () => {
    const registriesConf = `${fresh()}.conf`
    const mirror = `[[registry]]\nprefix = "quay.example/m"\nlocation = "${registry.host}/a"\n[[registry.mirror]]\nlocation = "${registry.host}/b"\n`
    await writeFile(registriesConf, mirror)
    const options = await rejecting('docker', 'quay.example/m')
    await refused(copyImage('quay.example/m/app:v1', `dir:${fresh()}`, { ...options, registriesConf }))
    expect(registry.requests).toEqual([])
    const other = await rejecting('docker', `${registry.host}/b`)
    await copyImage('quay.example/m/app:v1', `dir:${fresh()}`, { ...other, registriesConf })
  })

  test('in a bucket in a directory', async () => {
    const source = `local://${folder}/bucket/app:v1`
    for (const scope of [`${folder}/bucket//app:v1`, `${folder}/bucket//app`, `${folder}/bucket`, folder])
      await refused(copyImage(source, `dir:${fresh()}`, await rejecting('local', scope)))
    await copyImage(source, `dir:${fresh()}`, await rejecting('local', `${folder}/bucket//other`))
  })

  test('in a bucket of S3', async () => {
    await using s3 = await startFakeS3()
    const cache = fresh()
    for (const [name, value] of Object.entries(environmentOf(s3, cache))) vi.stubEnv(name, value)
    onTestFinished(() => void vi.unstubAllEnvs())
    await sdkClient(s3).createBucket({ Bucket: 'b' })
    await copyImage(hello, 's3://b/org/app:v1')
    s3.requests.length = 0
    for (const scope of ['b/org/app:v1', 'b/org/app', 'b/org', 'b', ''])
      await refused(copyImage('s3://b/org/app:v1', `dir:${fresh()}`, await rejecting('s3', scope)))
    await refused(copyImage('s3://b//org/app:v1', `dir:${fresh()}`, await rejecting('s3', 'b/org/app')))
    expect(s3.requests).toEqual([])
    await copyImage('s3://b/org/app:v1', `dir:${fresh()}`, await rejecting('s3', 'b/org/app:v2'))
    await copyImage('s3://b/org/app:v1', `dir:${fresh()}`, await rejecting('gs', 'b'))
  })

  test.each<[string, (options: CopyOptions) => Promise<unknown>, string, string]>([
    ['by pull', o => pullImage(`local://${folder}/bucket//app:v1`, undefined, o), 'local', `${folder}/bucket`],
    ['by a dry run', o => copyImage(hello, `dir:${fresh()}`, { ...o, dryRun: true }), 'oci', ''],
    ['in an archive', o => copyImage(`docker-archive:${folder}/app.tar`, `dir:${fresh()}`, o), 'docker-archive', ''],
  ])('%s', async (_, copy, transport, scope) => {
    const destinationDaemonHost = `unix://${folder}/nothing.sock`
    await refused(copy({ destinationDaemonHost, ...(await rejecting(transport, scope)) }))
  })

  test('in a daemon', async () => {
    await using daemon = await startScriptedServer((_, response) => {
      response.writeHead(200, { 'api-version': '1.41' }).end('{}')
    })
    const options = { sourceDaemonHost: `http://${daemon.host}`, ...(await rejecting('docker-daemon', 'docker.io')) }
    await refused(pushImage('app:v1', `local://${folder}/bucket//new:v1`, options))
    expect(daemon.requests.filter(({ path: asked }) => asked.includes('images'))).toEqual([])
  })

  test('nor is what has to be signed and comes once', async () => {
    const options = await rejecting('docker-archive', '', signed)
    const to = fresh()
    await refused(copyImage(`docker-archive:${folder}/app.tar`, `local://${to}//app:v1`, options))
    await expect(inspectImage(`local://${to}//app:v1`)).rejects.toMatchObject({ code: 'bucket-not-found' })
  })

  test('nor passed for good because it is there already', async () => {
    const to = `local://${fresh()}//app:v1`
    await copyImage(`${registry.host}/a/app:v1`, to)
    await refused(copyImage(`${registry.host}/a/app:v1`, to, await rejecting('docker', registry.host)))
    await refused(copyImage(`${registry.host}/a/app:v1`, to, await rejecting('docker', registry.host, signed)))
  })
})

describe('a policy that cannot be used', () => {
  test.each([
    '{',
    '{"default":[{"type":"insecureAcceptAnything"}],"default":[{"type":"reject"}]}',
  ])('%s stops every copy', async text => {
    const file = `${fresh()}.json`
    await writeFile(file, text)
    const options = { policy: { file } }
    await expect(copyImage(hello, `dir:${fresh()}`, options)).rejects.toMatchObject({ code: 'bad-config' })
    const syncing = Array.fromAsync(
      syncImages(`docker://${registry.host}/a/app`, `dir:${fresh()}`, { ...options, keepGoing: true }),
    )
    await expect(syncing).rejects.toMatchObject({ code: 'bad-config' })
    expect(registry.requests).toEqual([])
  })

  test('is looked for where users and systems have it, and is that of the user', async () => {
    const home = fresh()
    vi.stubEnv('HOME', home)
    vi.stubEnv('USERPROFILE', home)
    onTestFinished(() => void vi.unstubAllEnvs())
    const { mkdir } = await import('node:fs/promises')
    await mkdir(path.join(home, '.config/containers'), { recursive: true })
    await writeFile(path.join(home, '.config/containers/policy.json'), JSON.stringify({ default: reject }))
    await refused(copyImage(hello, `dir:${fresh()}`))
    await copyImage(hello, `dir:${fresh()}`, { policy: 'accept-anything' })
  })
})

test('sync follows scopes', async () => {
  const options = await rejecting('docker', `${registry.host}/a/app:v2`)
  const source = `docker://${registry.host}/a/app`
  const images = await Array.fromAsync(syncImages(source, `dir:${fresh()}`, { ...options, keepGoing: true }))
  expect(images.map(({ error }) => error?.code)).toEqual([undefined, 'untrusted'])
})

describe('inspect', () => {
  test.each<[string, object, object, object]>([
    ['that accepts it', accept, {}, { scopes: ['default'], requirements: ['insecureAcceptAnything'], met: true }],
    [
      'that rejects it',
      accept,
      { docker: { '': reject } },
      { scopes: ['docker:'], requirements: ['reject'], met: false, problem: expect.stringContaining('rejects it') },
    ],
    [
      'that asks for what it has not',
      reject,
      { docker: { '*.0.1': reject, '*.0.0.1': [...accept, ...signed] } },
      {
        scopes: ['docker: *.0.0.1'],
        requirements: ['insecureAcceptAnything', 'signedBy'],
        met: false,
        problem: expect.stringContaining('it has no signature'),
      },
    ],
  ])('tells of a policy %s', async (_, fallback, transports, told) => {
    const options = await policyOf(transports, fallback)
    const { policy } = await inspectImage(`${registry.host}/a/app:v1`, options)
    expect(policy).toEqual({ file: options.policy.file, ...told })
  })

  test('tells of one that cannot be used', async () => {
    const file = '/not/there.json'
    const { policy } = await inspectImage(hello, { policy: { file } })
    expect(policy).toEqual({ scopes: [], requirements: [], met: false, problem: `${file}: no such file or directory` })
  })

  test('tells of none', async () => {
    expect(await inspectImage(hello, { policy: 'accept-anything' })).not.toHaveProperty('policy')
  })
})
