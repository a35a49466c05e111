import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { checkout } from '../structure/source-files.ts'
import { type CanaryName, canaries, secretsIn } from './canaries.ts'
import { type EchoServer, type Failure, failures, startEchoServer } from './echo-server.ts'
import { filesIn, type PlantedHome, plantHome, runPlanted } from './run-planted.ts'

interface Entrance {
  readonly name: string
  /** Which secrets the server must have been told, where it was reached. */
  readonly told: readonly CanaryName[]
  readonly challenge?: 'Basic' | 'Bearer'
  readonly env?: (home: PlantedHome) => NodeJS.ProcessEnv
  readonly stdin?: string
  /** The words of the command line. */
  words(home: PlantedHome, host: string): readonly string[]
  /** Failures that nobody meets on this way. */
  readonly without?: readonly Failure[]
  /** The command fails before a server is asked. */
  readonly local?: true
}

const example = `oci:${path.join(checkout, 'examples/hello')}:v1`
const out = (home: PlantedHome) => `oci:${home.folder}/out:v1`
const from = (host: string) => `docker://${host}/app:v1`
const open = '--src-tls-verify=false'
const tokenFailures: Failure[] = [
  'has a token server that refuses',
  'has a token server that answers JSON that ends too early',
]
const registryAlone: Failure[] = [...tokenFailures, 'names an upload with a signature at a server that refuses']

const entrances: readonly Entrance[] = [
  {
    name: 'a password on the command line',
    told: ['password'],
    words: (home, host) => ['copy', open, `--src-creds=user:${canaries.password}`, from(host), out(home)],
    without: registryAlone,
  },
  {
    name: 'a password on the command line, for a token',
    told: ['password', 'bearerToken'],
    challenge: 'Bearer',
    words: (home, host) => ['copy', open, `--src-creds=user:${canaries.password}`, from(host), out(home)],
  },
  {
    name: 'a password on the command line, to push',
    told: ['password'],
    words: (_, host) => [
      'copy',
      '--dest-tls-verify=false',
      `--dest-creds=user:${canaries.password}`,
      example,
      from(host),
    ],
    without: tokenFailures,
  },
  {
    name: 'a password in two options',
    told: ['password'],
    words: (home, host) => [
      'copy',
      open,
      '--src-username=user',
      `--src-password=${canaries.password}`,
      from(host),
      out(home),
    ],
    without: registryAlone,
  },
  {
    name: 'a token on the command line',
    told: ['registryToken'],
    words: (home, host) => ['copy', open, `--src-registry-token=${canaries.registryToken}`, from(host), out(home)],
    without: registryAlone,
  },
  {
    name: 'a password in an authentication file',
    told: ['filePassword'],
    words: (home, host) => ['copy', open, `--authfile=${home.authFiles.password}`, from(host), out(home)],
    without: registryAlone,
  },
  {
    name: 'an identity token in an authentication file',
    told: ['identityToken', 'bearerToken'],
    challenge: 'Bearer',
    words: (home, host) => ['copy', open, `--authfile=${home.authFiles.identity}`, from(host), out(home)],
  },
  {
    name: 'a registry token in an authentication file',
    told: ['registryToken'],
    challenge: 'Bearer',
    words: (home, host) => ['copy', open, `--authfile=${home.authFiles.token}`, from(host), out(home)],
    without: registryAlone,
  },
  {
    name: 'a password of a credential helper',
    told: ['helperPassword'],
    words: (home, host) => ['copy', open, `--authfile=${home.authFiles.helper}`, from(host), out(home)],
    without: registryAlone,
  },
  {
    name: 'a password in the reference',
    told: [],
    local: true,
    words: (home, host) => ['copy', `docker://user:${canaries.urlPassword}@${host}/app:v1`, out(home)],
  },
  {
    name: 'a password in a reference of http',
    told: [],
    local: true,
    words: (home, host) => ['copy', `https://user:${canaries.urlPassword}@${host}/app:v1`, out(home)],
  },
  {
    name: 'a password for login',
    told: ['loginPassword'],
    stdin: canaries.loginPassword,
    words: (home, host) => [
      'login',
      '--tls-verify=false',
      '--username=user',
      '--password-stdin',
      `--authfile=${home.authFiles.login}`,
      host,
    ],
    without: [...registryAlone, 'answers JSON that ends too early', 'fails with 500', 'closes the connection'],
  },
  {
    name: 'AWS keys, to read',
    told: ['awsSession'],
    words: (home, host) => ['copy', `--src-endpoint=http://${host}`, 's3://bucket/app:v1', out(home)],
    without: registryAlone,
  },
  {
    name: 'AWS keys, to write',
    told: ['awsSession'],
    words: (_, host) => ['copy', `--dest-endpoint=http://${host}`, example, 's3://bucket/app:v1'],
    without: registryAlone,
  },
  {
    name: 'a key of Azure',
    told: [],
    env: () => ({ AZURE_STORAGE_ACCOUNT: 'account', AZURE_STORAGE_KEY: btoa(canaries.azureKey) }),
    words: (home, host) => ['copy', `--src-endpoint=http://${host}/account`, 'az://container/app:v1', out(home)],
    without: registryAlone,
  },
  {
    name: 'a SAS of Azure',
    told: ['azureSas'],
    env: () => ({
      AZURE_STORAGE_ACCOUNT: 'account',
      AZURE_STORAGE_SAS_TOKEN: `sv=2024-11-04&sp=rl&sig=${canaries.azureSas}`,
    }),
    words: (home, host) => ['copy', `--src-endpoint=http://${host}/account`, 'az://container/app:v1', out(home)],
    without: registryAlone,
  },
  {
    name: 'a login of Google',
    told: [],
    words: home => ['copy', 'gs://bucket/app:v1', out(home)],
    without: registryAlone,
  },
  {
    name: 'the password of a proxy',
    told: ['proxyPassword'],
    words: home => ['copy', open, 'docker://registry.example/app:v1', out(home)],
    without: registryAlone,
  },
]

/** With each way that its failure is shown. */
const cases = entrances.flatMap(entrance =>
  failures
    .filter(failure => !entrance.without?.includes(failure))
    .slice(0, entrance.local ? 1 : undefined)
    .map(failure => [entrance.name, failure, entrance] as const),
)

describe('no secret is shown or kept', () => {
  let server: EchoServer
  let home: PlantedHome
  beforeAll(async () => {
    server = await startEchoServer()
    home = await plantHome(server.port)
  })
  afterEach(() => void vi.unstubAllEnvs())
  afterAll(() => server[Symbol.asyncDispose]())

  test.each(cases)('%s, where the server %s', async (_, failure, entrance) => {
    server.failure = failure
    server.challenge = entrance.challenge ?? 'Basic'
    server.received.length = 0
    const env = { ...home.env, ...entrance.env?.(home) }
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    const before = new Set((await filesIn(home.folder)).map(({ name }) => name))
    const helped = (await home.helperCalls()).length

    const host = `127.0.0.1:${server.port}`
    const tls = failure === 'speaks no TLS'
    const words = entrance
      .words(home, host)
      .map(word => (tls ? word.replace('tls-verify=false', 'tls-verify=true').replace('=http:', '=https:') : word))
    for (const form of [['--output', 'json'], []]) {
      const isCopy = words[0] === 'copy'
      const { exit, shown } = await runPlanted([...words, ...(isCopy ? form : [])], entrance.stdin ?? '', env)
      expect(exit, shown).not.toBe(0)
      expect(secretsIn(shown), shown).toEqual([])
    }

    const written = (await filesIn(home.folder)).filter(
      ({ name }) => !before.has(name) && !name.endsWith('helper-calls'),
    )
    expect(written.filter(({ content }) => secretsIn(content).length > 0)).toEqual([])
    const given = (await home.helperCalls()).slice(helped)
    const ours: CanaryName[] = ['awsSecret', 'awsSession', 'proxyPassword', 'azureKey', 'azureSas']
    expect(secretsIn(given).filter(name => !ours.includes(name))).toEqual([])
    // It must have come where it belongs, or the test shows nothing.
    const isTold =
      !entrance.local && !tls && !(failure.startsWith('has a token') && entrance.told.includes('bearerToken'))
    if (isTold) expect(secretsIn(server.received.join('\n'))).toEqual(expect.arrayContaining([...entrance.told]))
  })
})
