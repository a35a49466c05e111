import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { RegistrySession } from '../../src/auth/index.ts'
import type { Timeouts } from '../../src/http/timeouts.ts'
import { type Script, startScriptedServer } from '../../src/testing/scripted-server.ts'
import { RegistryClient } from '../../src/transports/registry/registry-client.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { makeOddCertificate, type OddCertificate } from '../services/odd-certificates.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { client, serve } from './for-one-test.ts'

interface Settings {
  readonly tlsVerify?: boolean
  readonly timeouts?: Partial<Timeouts>
  readonly trusted?: string
}

/** What asking a registry for a manifest fails with. */
async function failureOf(registry: string, { tlsVerify, timeouts = {}, trusted }: Settings = {}) {
  const { http, waits } = client({ timeouts, retry: { attempts: 2 } })
  const certificates = trusted === undefined ? undefined : { moreCa: [trusted] }
  const credentials = { problems: [], find: async () => undefined }
  const asking = new RegistryClient(new RegistrySession({ http, registry, tlsVerify, credentials, certificates }))
  const question = { method: 'GET', target: '/v2/a/manifests/v1', subject: 'manifest v1', expected: [200] } as const
  const access = [{ repository: 'a', actions: 'pull' }] as const
  const failure = asking.ask({ ...question, access })
  const { code, message, hint } = await failure.then(
    () => expect.unreachable('there was an answer'),
    error => error,
  )
  return { code, message: message.replaceAll(registry, 'HOST'), hint, waits: waits.length }
}

/** A server of bytes, not of HTTP. */
async function serveBytes(answer: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket.on('error', () => {}))
    answer(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}` // an object for every TCP server
}

const silent: Script = () => {}
const timeouts = { answerMs: 60, connectMs: 60 }
const plainHint = 'to use plain HTTP, pass --tls-verify=false'

describe('each failure of a connection has its own words', () => {
  test('a name that there is not', async () => {
    expect(await failureOf('registry.invalid')).toMatchObject({
      code: 'network',
      message: expect.stringMatching(/^there is no host HOST$|^the name HOST could not be looked up/),
      hint: expect.stringContaining('DNS'),
    })
  })

  test('a port that nobody listens on', async () => {
    expect(await failureOf('127.0.0.1:1', { tlsVerify: true })).toMatchObject({
      code: 'network',
      message: expect.stringMatching(/^HOST refuses connections/),
      hint: 'check that the server runs, and its port',
    })
  })

  test('a registry on this machine that takes the request and never answers', async () => {
    const { host } = await serve(silent)
    expect(await failureOf(host, { timeouts })).toMatchObject({
      code: 'timeout',
      message: expect.stringMatching(/^HOST did not answer within 0.1 s/),
    })
  })

  test('the same, where its certificate need not be checked', async () => {
    const { host } = await serve(silent)
    expect(await failureOf(host, { timeouts, tlsVerify: false })).toMatchObject({
      code: 'timeout',
      message: expect.stringMatching(/^HOST did not answer within 0.1 s/),
    })
  })

  test('a server that takes the connection and says nothing at all', async () => {
    const host = await serveBytes(() => {})
    expect(await failureOf(host, { timeouts, tlsVerify: true })).toMatchObject({
      code: 'timeout',
      message: expect.stringMatching(/^no connection to HOST within 0.1 s/),
    })
    expect(await failureOf(host, { timeouts })).toMatchObject({
      code: 'timeout',
      message: expect.stringMatching(/^HOST did not answer within 0.1 s/),
    })
  })

  test('a server that hangs up', async () => {
    const host = await serveBytes(socket => void socket.once('data', () => socket.resetAndDestroy()))
    expect(await failureOf(host)).toMatchObject({
      code: 'network',
      message: expect.stringMatching(/^the connection to HOST was reset|^HOST closed the connection/),
    })
  })

  test('a server of another protocol', async () => {
    const host = await serveBytes(socket => void socket.end('220 mail ready\r\n'))
    expect(await failureOf(host)).toMatchObject({
      code: 'protocol-error',
      message: 'HOST does not answer in HTTP',
      hint: 'perhaps it speaks HTTPS there, or another protocol',
    })
  })

  test('plain HTTP where TLS is asked for', async () => {
    const { host } = await serve((_, response) => void response.end())
    expect(await failureOf(host, { tlsVerify: true })).toEqual({
      code: 'tls',
      message: 'HOST does not speak TLS, perhaps it speaks plain HTTP',
      hint: plainHint,
      waits: 0,
    })
  })
})

describeWithServices(['openssl'], 'each certificate that cannot be trusted has its own words', () => {
  const insecure = 'if you trust it without a certificate, pass --tls-verify=false'
  const here = 'IP:127.0.0.1'
  test.each([
    ['signed by nobody known', here, 1, false, 'is signed by an unknown authority', /NODE_EXTRA_CA_CERTS.*--cert-dir/],
    ['that has expired', here, -1, true, 'has expired', insecure],
    ['for another name', 'DNS:elsewhere.test', 1, true, 'is for another name', insecure],
  ])('one %s', async (_, name, days, isTrusted, message, hint) => {
    const certificate = await certificateFor(name, days)
    const host = await serveTls(certificate)
    expect(await failureOf(host, isTrusted ? { trusted: certificate.cert } : {})).toEqual({
      code: 'tls',
      message: `the certificate of HOST ${message}`,
      hint: expect.stringMatching(hint),
      waits: 0,
    })
  })
})

describe('a token that is not taken', () => {
  test.each([
    [
      'where the clocks differ',
      new Date(Date.now() + 3_600_000).toUTCString(),
      /clock is (59|60) minutes behind the registry's/,
    ],
    ['where they do not', new Date().toUTCString(), /the clocks of the two differ, or it does not trust/],
  ])('%s', async (_, date, hint) => {
    const server = await serve((request, response) => {
      if (request.path === '/token') return void response.end('{"token":"t"}')
      const challenge = `Bearer realm="${server.origin}/token",service="s",error="invalid_token"`
      response.writeHead(401, { 'www-authenticate': challenge, date }).end()
    })
    expect(await failureOf(server.host)).toMatchObject({
      code: 'unauthorized',
      message: 'the registry refuses the token that its token server gave for HOST/a',
      hint: expect.stringMatching(hint),
    })
  })
})

async function certificateFor(name: string, days: number): Promise<OddCertificate> {
  return makeOddCertificate(await mkdtemp(path.join(temporaryFolder(), 'odd-')), name, days)
}

async function serveTls(certificate: OddCertificate): Promise<string> {
  const server = await startScriptedServer((_, response) => void response.end(), certificate)
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server.host
}
