import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { startFakeRegistry } from '../../src/testing/fake-registry.ts'
import { checkout } from '../structure/source-files.ts'
import { filesIn, plantHome, runPlanted } from './run-planted.ts'

const example = `oci:${path.join(checkout, 'examples/hello')}:v1`

afterEach(() => void vi.unstubAllEnvs())

test('a push and a pull with everything shown show no token and no signature', async () => {
  await using registry = await startFakeRegistry({
    auth: 'token',
    quirks: { redirectsBlobs: true, uploadLocation: 'other-origin' },
  })
  const home = await plantHome(0)
  for (const [name, value] of Object.entries(home.env)) vi.stubEnv(name, value)
  const there = `docker://${registry.host}/app:v1`
  const plain = ['--src-tls-verify=false', '--dest-tls-verify=false', '--output', 'json']
  const shown: string[] = []
  for (const words of [
    ['copy', ...plain, '--dest-creds=test:secret', example, there],
    ['copy', ...plain, '--src-creds=test:secret', there, `oci:${home.folder}/out:v1`],
  ]) {
    const run = await runPlanted(words, '', home.env)
    expect(run.exit, run.shown).toBe(0)
    shown.push(run.shown)
  }
  const said = registry.requests.flatMap(({ headers, path: target }) => {
    const signatures = [...new URL(target, registry.url).searchParams].filter(([name]) => /sig|state|token/i.test(name))
    const [, login] = String(headers.authorization ?? '').split(' ')
    return [...(login === undefined ? [] : [login]), ...signatures.map(([, value]) => value)]
  })
  // the fake's signature is a word that stands in many a path
  const secrets = [...new Set(said)].filter(one => one !== 'secret')
  expect(secrets.length).toBeGreaterThan(2)
  const written = (await filesIn(home.folder)).map(({ content }) => content)
  for (const text of [...shown, ...written]) expect(secrets.filter(secret => text.includes(secret))).toEqual([])
})

test('what login keeps is for this user alone', async () => {
  await using registry = await startFakeRegistry({ auth: 'basic' })
  const home = await plantHome(0)
  const words = ['login', '--tls-verify=false', '--username=test', '--password-stdin', registry.host]
  const { exit, shown } = await runPlanted([...words, `--authfile=${home.authFiles.login}`], 'secret', home.env)
  expect(exit, shown).toBe(0)
  expect(shown).not.toMatch(/secret|dGVzdDpzZWNyZXQ/)
  expect(await readFile(home.authFiles.login, 'utf8')).toContain('dGVzdDpzZWNyZXQ')
  expect((await stat(home.authFiles.login)).mode & 0o777).toBe(0o600)
})
