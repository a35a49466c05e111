import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { findDaemon } from './find-daemon.ts'

let home: string

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'lading-daemon-'))
  onTestFinished(() => rm(home, { recursive: true }))
})

async function write(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(path.join(home, file)), { recursive: true })
  await writeFile(path.join(home, file), text)
}

interface Given {
  readonly daemonHost?: string
  readonly tlsVerify?: boolean
  readonly certDir?: string
  readonly side?: 'source' | 'destination'
  readonly environment?: Record<string, string>
}

const find = ({ environment, side = 'destination', ...rest }: Given) =>
  findDaemon({ ...rest, side, environment: { HOME: home, ...environment } })

describe('what the command line says, as the containers tools read it', () => {
  test.each([
    ['unix:///run/x.sock', {}, { origin: 'http://docker', route: { socketPath: '/run/x.sock' } }],
    ['tcp://d.test:2376', {}, { origin: 'https://d.test:2376', tlsVerify: true }],
    ['tcp://d.test', {}, { origin: 'https://d.test:2376' }],
    ['tcp://d.test:2376', { tlsVerify: false }, { origin: 'https://d.test:2376', tlsVerify: false }],
    ['http://d.test', {}, { origin: 'http://d.test:2375', route: {} }],
    ['https://d.test/prefix/', {}, { origin: 'https://d.test:2376/prefix' }],
    ['npipe:////./pipe/x', {}, { route: { socketPath: '\\\\.\\pipe\\x' } }],
  ])('%s %j', async (daemonHost, given, expected) => {
    const environment = { DOCKER_HOST: 'tcp://other.test' }
    expect(await find({ daemonHost, ...given, environment })).toMatchObject({ name: daemonHost, ...expected })
  })

  test('with the certificates of DOCKER_CERT_PATH', async () => {
    for (const name of ['ca', 'cert', 'key']) await write(`certs/${name}.pem`, `a ${name}`)
    const environment = { DOCKER_CERT_PATH: path.join(home, 'certs') }
    const { route } = await find({ daemonHost: 'tcp://d.test', environment })
    expect(route).toEqual({ ca: 'a ca', cert: 'a cert', key: 'a key' })
  })
})

describe('DOCKER_HOST, as Docker reads it', () => {
  test.each([
    [{ DOCKER_HOST: 'unix:///run/x.sock', DOCKER_TLS_VERIFY: '1' }, { route: { socketPath: '/run/x.sock' } }],
    [{ DOCKER_HOST: 'tcp://d.test:99' }, { origin: 'http://d.test:99', route: {} }],
    [{ DOCKER_HOST: 'd.test' }, { origin: 'http://d.test:2375' }],
    [{ DOCKER_HOST: 'tcp://[::1]:99' }, { origin: 'http://[::1]:99' }],
    [
      { DOCKER_HOST: 'tcp://d.test', DOCKER_TLS_VERIFY: '1' },
      { origin: 'https://d.test:2376', tlsVerify: true },
    ],
    [
      { DOCKER_HOST: 'tcp://d.test', DOCKER_CERT_PATH: '/nowhere' },
      { origin: 'https://d.test:2376', tlsVerify: false },
    ],
    [{ DOCKER_HOST: 'https://d.test' }, { origin: 'https://d.test:2376', tlsVerify: true }],
  ])('%j', async (environment, expected) => {
    expect(await find({ environment })).toMatchObject(expected)
  })

  test('with certificates beside Docker’s own configuration', async () => {
    await write('.docker/ca.pem', 'a ca')
    await write('.docker/cert.pem', 'without its key it is of no use')
    const environment = { DOCKER_HOST: 'tcp://d.test', DOCKER_TLS_VERIFY: '1' }
    expect((await find({ environment })).route).toEqual({ ca: 'a ca' })
  })
})

describe('Docker’s context', () => {
  const context = (name: string, Endpoints: unknown) => {
    const key = createHash('sha256').update(name).digest('hex')
    return write(`.docker/contexts/meta/${key}/meta.json`, JSON.stringify({ Name: name, Endpoints }))
  }

  test('that is in use', async () => {
    await write('.docker/config.json', '{"currentContext":"colima","auths":{}}')
    await context('colima', { docker: { Host: 'unix:///run/colima.sock' } })
    expect(await find({})).toMatchObject({ name: 'unix:///run/colima.sock' })
    expect((await find({ environment: { DOCKER_CONTEXT: 'default' } })).name).toContain('/var/run/docker.sock')
  })

  test('is what DOCKER_CONTEXT says before that, and nothing beside DOCKER_HOST', async () => {
    await write('.docker/config.json', '{"currentContext":"absent"}')
    await context('lab', { docker: { Host: 'tcp://lab.test:1' } })
    const lab = { DOCKER_CONTEXT: 'lab' }
    expect(await find({ environment: lab })).toMatchObject({ origin: 'http://lab.test:1' })
    expect(await find({ environment: { ...lab, DOCKER_HOST: 'tcp://d.test:1' } })).toMatchObject({
      name: 'tcp://d.test:1',
    })
  })

  test('has its own certificates', async () => {
    await context('lab', { docker: { Host: 'tcp://lab.test', SkipTLSVerify: true } })
    const key = createHash('sha256').update('lab').digest('hex')
    await write(`.docker/contexts/tls/${key}/docker/ca.pem`, 'a ca')
    const found = await find({ environment: { DOCKER_CONTEXT: 'lab' } })
    expect(found).toMatchObject({ origin: 'https://lab.test:2376', route: { ca: 'a ca' }, tlsVerify: false })
  })

  test.each([
    ['that is not there', undefined, 'is not there'],
    ['that is no JSON', '{', 'cannot be used'],
  ])('%s', async (_, text, why) => {
    await write('.docker/config.json', '{"currentContext":"lab"}')
    const key = createHash('sha256').update('lab').digest('hex')
    if (text !== undefined) await write(`.docker/contexts/meta/${key}/meta.json`, text)
    await expect(find({})).rejects.toMatchObject({ code: 'bad-argument', message: expect.stringContaining(why) })
  })
})

describe('a folder of certificates that the command line names', () => {
  const named = () => path.join(home, 'named')
  beforeEach(async () => {
    for (const name of ['ca', 'cert', 'key']) {
      await write(`named/${name}.pem`, `my ${name}`)
      await write(`.docker/${name}.pem`, `another ${name}`)
    }
  })
  const mine = { ca: 'my ca', cert: 'my cert', key: 'my key' }
  const tls = { origin: 'https://d.test:2376', route: mine, tlsVerify: true }

  test('comes before DOCKER_CERT_PATH', async () => {
    const environment = { DOCKER_CERT_PATH: path.join(home, '.docker') }
    expect(await find({ daemonHost: 'tcp://d.test', certDir: named(), environment })).toMatchObject(tls)
    const DOCKER_HOST = 'tcp://d.test'
    expect(await find({ certDir: named(), environment: { ...environment, DOCKER_HOST } })).toMatchObject(tls)
    const unchecked = { certDir: named(), tlsVerify: false, environment: { DOCKER_HOST } }
    expect(await find(unchecked)).toMatchObject({ ...tls, tlsVerify: false })
  })

  test('comes before those of a context', async () => {
    const key = createHash('sha256').update('lab').digest('hex')
    const meta = { Name: 'lab', Endpoints: { docker: { Host: 'tcp://d.test' } } }
    await write(`.docker/contexts/meta/${key}/meta.json`, JSON.stringify(meta))
    await write(`.docker/contexts/tls/${key}/docker/ca.pem`, 'a ca')
    const environment = { DOCKER_CONTEXT: 'lab' }
    expect(await find({ certDir: named(), environment })).toMatchObject(tls)
    expect(await find({ tlsVerify: false, environment })).toMatchObject({ route: { ca: 'a ca' }, tlsVerify: false })
  })

  test('is not read where there is no TLS', async () => {
    for (const daemonHost of ['unix:///run/x.sock', 'http://d.test']) {
      expect((await find({ daemonHost, certDir: '/no/such/folder' })).route.ca).toBeUndefined()
    }
  })

  test.each([
    ['a certificate without its key', ['key.pem'], 'tls', 'cert.pem has no key.pem'],
    ['a key without its certificate', ['cert.pem'], 'tls', 'key.pem has no cert.pem'],
    ['nothing', ['ca.pem', 'cert.pem', 'key.pem'], 'bad-argument', 'there are no certificates for a Docker daemon'],
  ])('may not hold %s', async (_, absent, code, why) => {
    for (const name of absent) await rm(path.join(named(), name))
    const attempt = find({ daemonHost: 'tcp://d.test', certDir: named() })
    const message = expect.stringContaining(why)
    await expect(attempt).rejects.toMatchObject({ code, message, subject: named(), side: 'local' })
  })
})

test('else Docker’s own socket', async () => {
  expect(await find({})).toMatchObject({ name: 'unix:///var/run/docker.sock' })
})

test.each([
  [{ daemonHost: 'ftp://d.test' }, 'bad-argument', '--dest-daemon-host is not the address'],
  [{ daemonHost: 'nonsense', side: 'source' }, 'bad-argument', '--src-daemon-host'],
  [{ environment: { DOCKER_HOST: 'tcp://' } }, 'bad-argument', 'DOCKER_HOST'],
  [{ environment: { DOCKER_HOST: 'ssh://me@far.test' } }, 'unsupported', 'ssh'],
] as const)('%j is refused', async (given, code, why) => {
  await expect(find(given)).rejects.toMatchObject({ code, message: expect.stringContaining(why) })
})

test('what is reached by ssh is reached by a socket', async () => {
  await expect(find({ environment: { DOCKER_HOST: 'ssh://me@far.test' } })).rejects.toMatchObject({
    hint: expect.stringContaining('docker.sock me@far.test'),
  })
})
