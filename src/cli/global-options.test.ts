import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { copied } from '../../test/cli/images.ts'
import { ManualClock } from '../../test/cli/manual-clock.ts'
import { runLading } from '../../test/cli/run-lading.ts'
import { LadingError } from '../errors/index.ts'
import { buildImage, startFakeRegistry, writeLayout } from '../testing/index.ts'
import { flagOf } from './command.ts'
import { commandTable } from './command-table.ts'
import { globalSpecs } from './global-options.ts'
import { library } from './library.ts'
import { type Settings, withSettings } from './with-settings.ts'

const settings: Settings = { temporaryFolder: '/t', userAgentPrefix: 'me', registriesConf: '/r' }
const words = ['--tmpdir', '/t', '--user-agent-prefix=me', '--registries-conf', '/r', '--registries.d', '/d']

/** The settings that `copyImage` is called with for a command line. */
async function settingsOf(argv: readonly string[], env: NodeJS.ProcessEnv = {}) {
  let given: Settings = {}
  const run = await runLading(argv, {
    env,
    library: {
      async copyImage(_from, _to, options = {}) {
        given = options
        return copied
      },
    },
  })
  const { temporaryFolder, userAgentPrefix, registriesConf, onRequest, policy } = given
  return { run, given: { temporaryFolder, userAgentPrefix, registriesConf }, onRequest, policy }
}

describe('options of every command', () => {
  test.each([
    ['before its name', [...words, 'copy', 'a', 'b']],
    ['after it', ['copy', ...words, 'a', 'b']],
    ['after its arguments', ['copy', 'a', 'b', ...words]],
    ['on both sides', [...words.slice(0, 3), 'copy', 'a', ...words.slice(3), 'b']],
  ])('are read %s', async (_, argv) => {
    const { run, given } = await settingsOf(argv)
    expect({ exit: run.exit, stderr: run.stderr, given }).toEqual({ exit: 0, stderr: '', given: settings })
  })

  test('are a value where one is awaited', async () => {
    const { given } = await settingsOf(['copy', '--authfile', '--tmpdir', 'a', 'b'])
    expect(given.temporaryFolder).toBeUndefined()
  })

  test('before its name are not those of the command', async () => {
    const { exit, stderr } = await runLading(['--tmpdir=/t', '--jobs=3', 'copy', 'a', 'b'])
    expect({ exit, stderr }).toEqual({ exit: 64, stderr: expect.stringContaining("unknown option '--jobs'") })
  })

  test.each(commandTable)('of $name have no name that it has itself', async ({ load }) => {
    const own = Object.keys((await load()).options)
    expect(own.filter(key => Object.hasOwn(globalSpecs, key))).toEqual([])
  })

  test.each(commandTable.map(({ name }) => name))('are in the help of %s', async name => {
    const { stdout } = await runLading(['--insecure-policy', 'help', name])
    for (const key of Object.keys(globalSpecs)) expect(stdout).toContain(` ${flagOf(key)} `)
  })

  test.each([
    ['no duration', ['--command-timeout=5', 'copy', 'a', 'b'], '--command-timeout takes a duration'],
    ['no boolean', ['--debug=maybe', 'copy', 'a', 'b'], '--debug takes true or false'],
    ['no value', ['copy', 'a', 'b', '--tmpdir'], "option '--tmpdir DIR' argument missing"],
  ])('with %s are refused', async (_, argv, message) => {
    const { exit, stderr } = await runLading(argv)
    expect({ exit, stderr }).toEqual({ exit: 64, stderr: expect.stringContaining(message) })
  })
})

test('settings are told to everything that asks another machine', async () => {
  const calls = new Map<string, unknown>()
  const names = Object.keys(library).filter(
    name => !['manifestDigest', 'initStore', 'loginUser', 'logout', 'generateSigstoreKey'].includes(name),
  )
  const record = names.map(name => [name, (...given: unknown[]) => calls.set(name, given.at(-1))])
  const told = withSettings(Object.fromEntries(record), settings) as unknown as Record<
    string,
    (...words: unknown[]) => void
  >
  for (const name of names) {
    const first = name === 'login' ? [] : ['a']
    told[name]?.(...first, ...(/copy|push|pull|sync|changeConfig|tagImage/.test(name) ? ['b'] : []), {
      authFile: '/auth',
    })
  }
  expect(Object.fromEntries(calls)).toEqual(
    Object.fromEntries(names.map(name => [name, { authFile: '/auth', ...settings }])),
  )
})

describe('--debug', () => {
  const fails = { library: { copyImage: () => Promise.reject(new LadingError('io', 'x')) } }

  test.each([
    ['--debug', ['--debug', 'copy', 'a', 'b'], {}, true],
    ['LADING_DEBUG', ['copy', 'a', 'b'], { LADING_DEBUG: '1' }, true],
    ['--debug=false', ['--debug=false', 'copy', 'a', 'b'], {}, false],
  ])('%s shows the stack of an error', async (_, argv, env, shown) => {
    expect((await runLading(argv, { ...fails, env })).stderr.startsWith('LadingError: x\n    at ')).toBe(shown)
    expect((await settingsOf(argv, env)).onRequest !== undefined).toBe(shown)
  })

  test.each([
    ['text', [], /^debug: HEAD http:\/\/127[^ ]+\/v2\/app\/manifests\/v1: 200, \d+ ms\n/],
    [
      'JSON',
      ['--output=json'],
      /^{"type":"request","method":"HEAD","url":"http:[^"]+v1","milliseconds":\d+,"status":200}\n/,
    ],
  ])('shows every request, as %s', async (_, form, line) => {
    await using registry = await startFakeRegistry()
    const folder = await mkdtemp(path.join(tmpdir(), 'lading-test-'))
    await writeLayout(folder, { v1: buildImage({ layers: [Buffer.from('layer')] }) })
    await library.copyImage(`oci:${folder}:v1`, `${registry.host}/app:v1`)
    registry.requests.length = 0
    const argv = ['--debug', '--user-agent-prefix', 'me', 'inspect', ...form, `${registry.host}/app:v1`]
    const { exit, stderr } = await runLading(argv, { library })
    expect(exit).toBe(0)
    expect(stderr).toMatch(line)
    expect(stderr.trim().split('\n')).toHaveLength(registry.requests.length)
    for (const { headers } of registry.requests) expect(headers['user-agent']).toMatch(/^me lading\//)
  })
})

describe('--command-timeout', () => {
  async function copyUnder(timeout: string, milliseconds: number) {
    const clock = new ManualClock()
    const run = await runLading(['--command-timeout', timeout, 'copy', '--quiet', 'a', 'b'], {
      clock,
      library: {
        async copyImage(_from, _to, { signal } = {}) {
          clock.advance(milliseconds)
          if (signal?.aborted) throw new LadingError('interrupted', 'interrupted')
          return copied
        },
      },
    })
    return { ...run, timers: clock.timers }
  }

  test.each([
    ['90s', '1m30s'],
    ['1h30m', '1h30m'],
    ['500ms', '500 ms'],
  ])('%s stops the command when it is over', async (timeout, shown) => {
    const { exit, stderr, timers } = await copyUnder(timeout, 5_400_000)
    expect({ exit, timers }).toEqual({ exit: 5, timers: 0 })
    expect(stderr.split('\n')).toContain(`lading: the command was stopped after ${shown}`)
  })

  test.each([
    ['90s', 89_999],
    ['0', 1e12],
    ['10000000h', 2 ** 31 - 2],
  ])('%s lets it end before', async (timeout, milliseconds) => {
    expect(await copyUnder(timeout, milliseconds)).toMatchObject({ exit: 0, timers: 0 })
  })
})

describe('the policy', () => {
  test.each<[string, readonly string[], unknown]>([
    ['is that of the user or the system', [], undefined],
    ['is the one that is named', ['--policy=/p'], { file: '/p' }],
    ['is none', ['--insecure-policy'], 'accept-anything'],
    ['that is named is taken back', ['--policy=/p', '--insecure-policy'], 'accept-anything'],
  ])('%s', async (_, options, policy) => {
    expect((await settingsOf(['copy', ...options, 'a', 'b'])).policy).toEqual(policy)
  })
})

describe('what is not there yet', () => {
  test.each([['no signatures', ['--remove-signatures'], '']])('%s', async (_, options, stderr) => {
    const { run } = await settingsOf(['copy', ...options, 'a', 'b'])
    expect({ exit: run.exit, stderr: run.stderr }).toEqual({ exit: 0, stderr })
  })

  test('signing with Sequoia-PGP is refused', async () => {
    const { exit, stderr } = await runLading(['copy', '--sign-by-sq-fingerprint', '-1', 'a', 'b'])
    expect({ exit, stderr }).toEqual({
      exit: 64,
      stderr: expect.stringContaining('lading: --sign-by-sq-fingerprint: Sequoia-PGP is not used'),
    })
    expect((await runLading(['copy', '--help'])).stdout).not.toContain('--sign-by-sq-fingerprint')
  })
})
