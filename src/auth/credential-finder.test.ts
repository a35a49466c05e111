import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type CredentialFinderOptions, createCredentialFinder } from './credential-finder.ts'

/** A folder with an authentication file and helpers that are shell scripts. */
async function setUp(
  file: unknown,
  helpers: Record<string, string> = {},
  options: Pick<CredentialFinderOptions, 'helperTimeoutMs' | 'signal'> = { helperTimeoutMs: 500 },
) {
  const folder = await mkdtemp(join(tmpdir(), 'lading-credentials-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const authFile = join(folder, 'auth.json')
  await writeFile(authFile, JSON.stringify(file))
  for (const [name, script] of Object.entries(helpers)) {
    await writeFile(join(folder, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  }
  const environment = { PATH: `${folder}${delimiter}${process.env.PATH}`, FOLDER: folder }
  return createCredentialFinder({ authFile, environment, ...options })
}

const answers = (user: string) => `cat > /dev/null; echo '{"ServerURL":"x","Username":"${user}","Secret":"s"}'`

test('a helper gets the server on its input and answers with user and secret', async () => {
  const script = `read server; echo "{\\"Username\\":\\"$server\\",\\"Secret\\":\\"s\\"}"`
  const finder = await setUp({ credHelpers: { 'r.test': 'one' } }, { one: script })
  expect(await finder.find('r.test', 'a')).toEqual({ kind: 'password', username: 'r.test', password: 's' })
  expect(await finder.find('other.test', 'a')).toBeUndefined()
})

test('the user <token> means an identity token', async () => {
  const finder = await setUp({ credsStore: 'one' }, { one: answers('<token>') })
  expect(await finder.find('r.test', 'a')).toEqual({ kind: 'identity-token', username: '<token>', token: 's' })
})

test('a helper of the registry comes before an entry, and an entry before credsStore', async () => {
  const auths = { 'r.test': { auth: btoa('file:p') }, 's.test': { auth: btoa('file:p') }, 't.test': {} }
  const helpers = { own: answers('own'), store: answers('store') }
  const finder = await setUp({ auths, credHelpers: { 'r.test': 'own' }, credsStore: 'store' }, helpers)
  const users = await Promise.all(['r.test', 's.test', 't.test'].map(host => finder.find(host, 'a')))
  expect(users).toMatchObject([{ username: 'own' }, { username: 'file' }, { username: 'store' }])
})

test('Docker Hub is asked for under both of its names', async () => {
  const script = `read server; test "$server" = docker.io || { echo credentials not found in native keychain; exit 1; }
echo '{"Username":"u","Secret":"s"}'`
  const finder = await setUp({ credsStore: 'one' }, { one: script })
  expect(await finder.find('docker.io', 'library/alpine')).toMatchObject({ username: 'u' })
  expect(finder.problems).toEqual([])
})

test.each([
  ['is missing', {}, /docker-credential-one is not installed/],
  ['fails after it has answered', { one: `echo '{"Username":"u","Secret":"p"}'; exit 1` }, /failed: exit code 1$/],
  ['fails', { one: 'echo the keychain is locked; exit 1' }, /failed: the keychain is locked/],
  ['hangs', { one: 'sleep 3' }, /did not answer within 0\.5 s/],
  ['answers nonsense', { one: 'echo hello' }, /did not answer with a user name and a secret/],
  ['never stops talking', { one: 'yes' }, /answered more than/],
])('a helper that %s means anonymous, and is remembered', async (_, helpers: Record<string, string>, problem) => {
  const finder = await setUp({ credsStore: 'one' }, helpers)
  expect(await finder.find('r.test', 'a')).toBeUndefined()
  expect(await finder.find('r.test', 'b')).toBeUndefined()
  expect(finder.problems).toEqual([expect.stringMatching(problem)])
})

test('an interrupted helper ends at once', async () => {
  const abort = new AbortController()
  const options = { helperTimeoutMs: 3_600_000, signal: abort.signal }
  const finder = await setUp({ credsStore: 'one' }, { one: 'exec sleep 60' }, options)
  const answer = finder.find('r.test', 'a')
  setTimeout(() => abort.abort(), 20)
  expect(await answer).toBeUndefined()
  expect(finder.problems).toEqual([expect.stringMatching(/was interrupted/)])
})

test.each(['../one', 'a/b', '', '-x'])('no program is run for the helper name %o', async name => {
  const finder = await setUp({ credHelpers: { 'r.test': name } })
  expect(await finder.find('r.test', 'a')).toBeUndefined()
  expect(finder.problems).toEqual([expect.stringMatching(/is not the name of a program/)])
})

test('a file named by the user must be there', async () => {
  const finder = createCredentialFinder({ authFile: '/nowhere/auth.json', environment: {} })
  await expect(finder.find('r.test', 'a')).rejects.toMatchObject({
    code: 'bad-auth-file',
    subject: '/nowhere/auth.json',
  })
})
