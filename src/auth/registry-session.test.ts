import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createHttpClient } from '../http/index.ts'
import { type Script, startScriptedServer } from '../testing/scripted-server.ts'
import type { Access } from './access.ts'
import type { Credential } from './credential.ts'
import { RegistrySession } from './registry-session.ts'

const password: Credential = { kind: 'password', username: 'me', password: 'p:w' }
const identity: Credential = { kind: 'identity-token', username: '<token>', token: 'refresh' }
const pull: Access = { repository: 'a/b', actions: 'pull' }

async function serve(script: Script) {
  const server = await startScriptedServer(script)
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server
}

function session(registry: string, credential?: Credential, tlsVerify?: boolean): RegistrySession {
  const http = createHttpClient({ environment: {}, retry: { attempts: 1 } })
  onTestFinished(() => http[Symbol.asyncDispose]())
  return new RegistrySession({ http, registry, tlsVerify, credentials: { problems: [], find: async () => credential } })
}

async function ask(registry: RegistrySession, access: Access = pull, target = '/v2/a/b/manifests/v1'): Promise<number> {
  const response = await registry.request({ method: 'GET', target, access: [access] })
  await response.discard()
  return response.status
}

/** A registry with a token server: token `t1` is the first one given, and `valid` says which are taken. */
async function tokenRegistry(options: { answer?: object; valid?: (token: string) => boolean; onToken?: Script } = {}) {
  let given = 0
  const asked: string[] = []
  const server = await serve(async (request, response) => {
    if (request.path === '/token') {
      if (options.onToken !== undefined) return options.onToken(request, response)
      asked.push(decodeURIComponent(request.query))
      response.end(JSON.stringify({ token: `t${++given}`, ...options.answer }))
      return
    }
    const token = request.headers.authorization?.replace('Bearer ', '') ?? ''
    if (token.startsWith('t') && (options.valid?.(token) ?? true)) return void response.end()
    const challenge = `Bearer realm="${server.origin}/token",service="svc",scope="repository:a/b:pull"`
    response.writeHead(401, { 'www-authenticate': challenge }).end()
  })
  return { server, asked }
}

describe('bearer', () => {
  test('one challenge, one token, and no 401 again', async () => {
    const { server, asked } = await tokenRegistry()
    const registry = session(server.host)
    for (let i = 0; i < 3; i++) expect(await ask(registry)).toBe(200)
    expect(asked).toEqual(['service=svc&scope=repository:a/b:pull'])
    expect(server.log).toHaveLength(5)
  })

  test('requests at the same time share one token request', async () => {
    const { server, asked } = await tokenRegistry()
    const registry = session(server.host)
    await ask(registry)
    const push: Access = { repository: 'a/b', actions: 'pull,push' }
    await Promise.all(Array.from({ length: 5 }, () => ask(registry, push)))
    expect(asked).toEqual(['service=svc&scope=repository:a/b:pull', 'service=svc&scope=repository:a/b:pull,push'])
  })

  test('a mount asks for both repositories', async () => {
    const { server, asked } = await tokenRegistry()
    const access: Access[] = [
      { repository: 'a/b', actions: 'pull,push' },
      { repository: 'c', actions: 'pull' },
    ]
    await (await session(server.host).request({ method: 'POST', target: '/v2/', access })).discard()
    expect(asked).toEqual(['service=svc&scope=repository:a/b:pull,push&scope=repository:c:pull'])
  })

  test('a scope that only the registry knows is asked for too', async () => {
    const { server, asked } = await tokenRegistry()
    await ask(session(server.host), { repository: 'x', actions: 'pull' })
    expect(asked).toEqual(['service=svc&scope=repository:x:pull&scope=repository:a/b:pull'])
  })

  test('a token refused in the middle is fetched anew, once', async () => {
    let refused = 't0'
    const { server, asked } = await tokenRegistry({ valid: token => token !== refused })
    const registry = session(server.host)
    await ask(registry)
    refused = 't1'
    expect(await Promise.all([ask(registry), ask(registry), ask(registry)])).toEqual([200, 200, 200])
    expect(asked).toHaveLength(2)
  })

  test('a token that is always refused ends with the 401', async () => {
    const { server, asked } = await tokenRegistry({ valid: () => false })
    expect(await ask(session(server.host))).toBe(401)
    expect(asked).toHaveLength(1)
  })

  test('a token that does not allow it is not fetched again', async () => {
    let asked = 0
    const server = await serve((request, response) => {
      if (request.path === '/token') {
        asked++
        return void response.end('{"token":"t"}')
      }
      const error = request.headers.authorization === undefined ? '' : ',error="insufficient_scope"'
      const challenge = `Bearer realm="${server.origin}/token",scope="repository:a/b:pull"${error}`
      response.writeHead(401, { 'www-authenticate': challenge }).end()
    })
    expect(await ask(session(server.host))).toBe(401)
    expect(asked).toBe(1)
  })

  test.each([
    ['access_token and no expires_in: 60 s', { token: undefined, access_token: 't' }, 60],
    ['expires_in', { expires_in: 300 }, 300],
    ['expires_in that is no time', { expires_in: 0 }, 60],
    ['issued_at in the past', { expires_in: 300, issued_at: '2025-12-31T23:58:00Z' }, 180],
    ['issued_at in the future', { expires_in: 300, issued_at: '2026-01-01T05:00:00Z' }, 300],
  ])('%s', async (_, answer, seconds) => {
    vi.useFakeTimers({ now: Date.UTC(2026, 0, 1), toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    let requests = 0
    const { server } = await tokenRegistry({
      onToken: (_, response) => {
        requests++
        response.end(JSON.stringify({ token: 't', ...answer }))
      },
    })
    const registry = session(server.host)
    await ask(registry)
    vi.setSystemTime(Date.UTC(2026, 0, 1) + (seconds - 16) * 1000)
    await ask(registry)
    expect(requests).toBe(1)
    vi.setSystemTime(Date.UTC(2026, 0, 1) + (seconds - 1) * 1000)
    await ask(registry)
    expect(requests).toBe(2)
  })

  test('a password goes to the token server with the account', async () => {
    const { server, asked } = await tokenRegistry()
    await ask(session(server.host, password))
    expect(asked).toEqual(['service=svc&scope=repository:a/b:pull&account=me'])
    const token = server.requests.find(({ path }) => path === '/token')
    expect(token?.headers.authorization).toBe(`Basic ${btoa('me:p:w')}`)
  })

  test('an identity token is changed for a token by POST', async () => {
    let form = ''
    const { server } = await tokenRegistry({
      onToken: async (request, response) => {
        form = `${request.method} ${decodeURIComponent(String(await request.body()))}`
        response.end('{"access_token":"t"}')
      },
    })
    expect(await ask(session(server.host, identity))).toBe(200)
    expect(form).toBe(
      'POST grant_type=refresh_token&client_id=lading&refresh_token=refresh&service=svc&scope=repository:a/b:pull',
    )
  })

  test.each([404, 405])('an identity token is a password where POST is answered %i', async status => {
    const { server } = await tokenRegistry({
      onToken: (request, response) => {
        if (request.method === 'POST') response.writeHead(status).end()
        else
          response.end(
            JSON.stringify({ token: request.headers.authorization === `Basic ${btoa('<token>:refresh')}` ? 't' : 'x' }),
          )
      },
    })
    expect(await ask(session(server.host, identity))).toBe(200)
  })

  test.each([
    [401, password, 'unauthorized', /refused the credentials of me/],
    [401, undefined, 'unauthorized', /gives no anonymous tokens/],
    [403, password, 'denied', /gives me no token/],
    [500, password, 'server-error', /answered 500/],
  ])('a token server that answers %i', async (status, credential, code, message) => {
    const { server } = await tokenRegistry({ onToken: (_, response) => void response.writeHead(status).end() })
    await expect(ask(session(server.host, credential))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
  })

  test.each(['{}', '[]', 'hello', '{"token":7}'])('a token server that answers %s', async body => {
    const { server } = await tokenRegistry({ onToken: (_, response) => void response.end(body) })
    await expect(ask(session(server.host))).rejects.toMatchObject({ code: 'protocol-error' })
  })

  test('a request given up does not take the token from the others', async () => {
    const gate = Promise.withResolvers<void>()
    const { server } = await tokenRegistry({
      onToken: async (_, response) => {
        await gate.promise
        response.end('{"token":"t"}')
      },
    })
    const registry = session(server.host)
    const abort = new AbortController()
    const first = registry.request({ method: 'GET', target: '/v2/', access: [pull], signal: abort.signal })
    const second = ask(registry)
    await vi.waitFor(() => expect(server.log.some(line => line.includes('/token'))).toBe(true))
    abort.abort(new Error('given up'))
    await expect(first).rejects.toThrow('given up')
    gate.resolve()
    expect(await second).toBe(200)
  })
})

test('basic: one 401, then the password in each request', async () => {
  const server = await serve((request, response) => {
    if (request.headers.authorization === `Basic ${btoa('me:p:w')}`) response.end()
    else response.writeHead(401, { 'www-authenticate': 'Negotiate, basic realm="r"' }).end()
  })
  const registry = session(server.host, password)
  expect([await ask(registry), await ask(registry)]).toEqual([200, 200])
  expect(server.log).toHaveLength(3)
  expect(await ask(session(server.host))).toBe(401)
})

test('a registry token goes to the registry itself', async () => {
  const { server, asked } = await tokenRegistry()
  expect(await ask(session(server.host, { kind: 'registry-token', token: 't-mine' }))).toBe(200)
  expect(asked).toEqual([])
})

describe('credentials stay at home', () => {
  test('a URL at another origin gets none, and its challenge no answer', async () => {
    const other = await serve((_, response) => {
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${other.origin}/token"` }).end()
    })
    const { server } = await tokenRegistry()
    const registry = session(server.host, password)
    await ask(registry)
    expect(await ask(registry, pull, `${other.origin}/upload`)).toBe(401)
    expect(other.requests.map(({ headers }) => headers.authorization)).toEqual([undefined])
  })

  test.each([
    'http://token.test/',
    'ftp://token.test/',
    'nonsense',
    '',
  ])('an HTTPS registry may not send us to %o', async realm => {
    const { Authenticator } = await import('./authenticator.ts')
    const http = createHttpClient({ environment: {} })
    const authenticator = new Authenticator({
      http,
      registry: 'r.test',
      tlsVerify: undefined,
      credentials: { problems: [], find: async () => password },
    })
    const refusal = { challenge: `Bearer realm="${realm}"`, origin: 'https://r.test', sent: undefined }
    await expect(authenticator.answer(refusal, [pull])).rejects.toMatchObject({ code: 'protocol-error' })
  })
})

describe('where a registry is', () => {
  test('on this machine it is asked in plain HTTP, with its first request', async () => {
    const server = await serve((_, response) => void response.end())
    const registry = session(server.host)
    await Promise.all([ask(registry), ask(registry), ask(registry)])
    expect(server.log).toHaveLength(3)
  })

  test('a refused connection is no reason to wait', async () => {
    await expect(ask(session('127.0.0.1:1'))).rejects.toMatchObject({ code: 'network' })
  })

  test('without a checked certificate, HTTPS is tried before plain HTTP', async () => {
    const server = await serve((_, response) => void response.end())
    const registry = session(server.host, undefined, false)
    expect(await ask(registry)).toBe(200)
    expect(registry.allowsPlainHttp).toBe(true)
  })

  test('with a checked one there is only HTTPS, on this machine too', async () => {
    const server = await serve((_, response) => void response.end())
    await expect(ask(session(server.host, undefined, true))).rejects.toMatchObject({ code: 'tls' })
  })

  test('a plain 400 on this machine is still its answer', async () => {
    const server = await serve((_, response) => void response.writeHead(400).end())
    expect(await ask(session(server.host))).toBe(400)
  })
})
