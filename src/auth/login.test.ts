import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import type { HttpClient } from '../http/index.ts'
import { bytesOf } from '../streams/index.ts'
import { startScriptedServer } from '../testing/scripted-server.ts'
import { login } from './login.ts'
import { loginUser } from './login-user.ts'
import { logout } from './logout.ts'

let folder: string
let authFile: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lading-login-'))
  authFile = join(folder, 'deep', 'auth.json')
  return () => rm(folder, { recursive: true })
})

async function startRegistry(): Promise<string> {
  const server = await startScriptedServer((request, response) => {
    if (request.headers.authorization === `Basic ${btoa('me:pw')}`) response.end()
    else response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end()
  })
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server.host
}

const written = async () => JSON.parse(await readFile(authFile, 'utf8'))
const auth = btoa('me:pw')

test('credentials that the registry takes are kept, for this user only, beside what was there', async () => {
  const registry = await startRegistry()
  await login({ registry, username: 'me', password: 'pw', authFile })
  await login({ registry: `${registry}/team`, username: 'me', password: 'pw', authFile })
  expect(await written()).toEqual({ auths: { [registry]: { auth }, [`${registry}/team`]: { auth } } })
  expect((await stat(authFile)).mode & 0o777).toBe(0o600)
  await logout({ registry, authFile })
  expect(await written()).toEqual({ auths: { [`${registry}/team`]: { auth } } })
})

test('unknown fields and other entries stay, and a link stays a link', async () => {
  const registry = await startRegistry()
  const real = join(folder, 'real.json')
  authFile = join(folder, 'link.json')
  await writeFile(real, '\uFEFF{"auths":{"x.test":{"auth":"eDp5","email":"e"}},"HttpHeaders":{"a":"b"}}')
  await symlink(real, authFile)
  await login({ registry, username: 'me', password: 'pw', authFile })
  expect(JSON.parse(await readFile(real, 'utf8'))).toEqual({
    auths: { 'x.test': { auth: 'eDp5', email: 'e' }, [registry]: { auth } },
    HttpHeaders: { a: 'b' },
  })
})

test.each([400, 401, 403])('a token server that answers %i speaks for its registry', async status => {
  const server = await startScriptedServer((request, response) => {
    if (request.path === '/token') return void response.writeHead(status).end()
    response.writeHead(401, { 'www-authenticate': `Bearer realm="${server.origin}/token"` }).end()
  })
  onTestFinished(() => server[Symbol.asyncDispose]())
  const attempt = login({ registry: server.host, username: 'me', password: 'wrong', authFile })
  await expect(attempt).rejects.toMatchObject(
    status === 400
      ? { code: 'protocol-error' }
      : { code: 'unauthorized', subject: server.host, hint: expect.stringContaining('check the user name') },
  )
})

test('credentials that the registry refuses are not kept', async () => {
  const registry = await startRegistry()
  const attempt = login({ registry, username: 'me', password: 'wrong', authFile })
  await expect(attempt).rejects.toMatchObject({
    code: 'unauthorized',
    message: `${registry} refused the credentials of me`,
  })
  await expect(stat(authFile)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('a helper keeps the secret of its registry', async () => {
  const registry = await startRegistry()
  const script = `#!/bin/sh\ncat > "${folder}/$1"\n`
  await writeFile(join(folder, 'docker-credential-mine'), script, { mode: 0o755 })
  authFile = join(folder, 'auth.json')
  await writeFile(authFile, JSON.stringify({ credHelpers: { [registry]: 'mine' } }))
  const environment = { PATH: `${folder}${delimiter}${process.env.PATH}` }
  await login({ registry, username: 'me', password: 'pw', authFile, environment })
  expect(JSON.parse(await readFile(join(folder, 'store'), 'utf8'))).toEqual({
    ServerURL: registry,
    Username: 'me',
    Secret: 'pw',
  })
  await logout({ registry, authFile, environment })
  expect(await readFile(join(folder, 'erase'), 'utf8')).toBe(registry)
})

test('logout of all', async () => {
  authFile = join(folder, 'auth.json')
  await writeFile(authFile, JSON.stringify({ auths: { 'a.test': { auth }, 'b.test': { auth } }, other: 1 }))
  await logout({ all: true, authFile })
  expect(await written()).toEqual({ auths: {}, other: 1 })
})

test('logout of Docker Hub removes the key that docker wrote', async () => {
  authFile = join(folder, 'auth.json')
  await writeFile(authFile, JSON.stringify({ auths: { 'https://index.docker.io/v1/': { auth } } }))
  await logout({ registry: 'docker.io', authFile })
  expect(await written()).toEqual({ auths: {} })
})

test('logout of a registry that nobody logged in to says so', async () => {
  await expect(logout({ registry: 'a.test', authFile })).rejects.toMatchObject({ code: 'bad-argument' })
})

test.each(['', 'a b', 'host//x', 'https://'])('%o is not a registry', async registry => {
  await expect(login({ registry, username: 'u', password: 'p', authFile })).rejects.toMatchObject({
    code: 'bad-argument',
  })
})

test('who is logged in is told, for the registry and for a part of it', async () => {
  const environment = { HOME: folder }
  await mkdir(join(folder, 'deep'))
  const auths = { 'a.test': { auth }, 'a.test/team': { auth: btoa('they:pw') } }
  await writeFile(authFile, JSON.stringify({ auths }))
  const user = (registry: string) => loginUser({ registry, authFile, environment })
  expect(await user('https://a.test')).toBe('me')
  expect(await user('a.test/team')).toBe('they')
  expect(await user('a.test/other')).toBe('me')
  expect(await user('c.test')).toBeUndefined()
})

test('a file of Docker’s keeps Docker Hub under the name that Docker knows, and has no place for a namespace', async () => {
  const http: HttpClient = {
    request: async ({ url }) => ({
      status: 200,
      headers: new Map(),
      url,
      body: bytesOf(new Uint8Array()).open(),
      discard: async () => {},
    }),
    direct: () => undefined,
    pause: async () => true,
    [Symbol.asyncDispose]: async () => {},
  }
  const account = { username: 'me', password: 'pw', authFile, dockerFile: true, http }
  await login({ ...account, registry: 'docker.io' })
  expect(await written()).toEqual({ auths: { 'https://index.docker.io/v1/': { auth } } })
  await expect(login({ ...account, registry: 'a.test/team' })).rejects.toMatchObject({ code: 'bad-argument' })
})
