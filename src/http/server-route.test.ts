import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { client, serve, text } from '../../test/http/for-one-test.ts'

async function socketServer(answer: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lading-socket-'))
  const server = createServer((request, response) => void response.end(`${answer} ${request.url}`))
  const socketPath = path.join(folder, 's')
  await new Promise<void>(resolve => server.listen(socketPath, resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await rm(folder, { recursive: true })
  })
  return socketPath
}

test('two sockets under one URL are two servers, and no proxy stands before them', async () => {
  const [one, other] = [await socketServer('one'), await socketServer('other')]
  const { http } = client({ environment: { HTTP_PROXY: 'http://proxy.test' } })
  const ask = async (socketPath: string) =>
    text(await http.request({ method: 'GET', url: 'http://docker/x', route: { socketPath } }))
  expect([await ask(one), await ask(other), await ask(one)]).toEqual(['one /x', 'other /x', 'one /x'])
})

test('a socket that is not there is a failure of the network, and is not tried again where that was asked', async () => {
  const { http, waits } = client()
  const request = {
    method: 'GET',
    url: 'http://docker/',
    route: { socketPath: '/no/such/socket' },
    attempts: 1,
  } as const
  await expect(http.request(request)).rejects.toMatchObject({ code: 'network', cause: { code: 'ENOENT' } })
  expect(waits).toEqual([])
})

test('a server may be silent for as long as the request allows', async () => {
  const server = await serve(async (_, response) => {
    await new Promise(resolve => setTimeout(resolve, 1500))
    response.end('late')
  })
  const { http } = client({ timeouts: { answerMs: 100, idleMs: 100 } })
  const request = { method: 'GET', url: server.origin, attempts: 1 } as const
  await expect(http.request(request)).rejects.toMatchObject({ code: 'timeout' })
  expect(await text(await http.request({ ...request, silenceMs: 60_000 }))).toBe('late')
})

test('certificates that cannot be used are an error of TLS, which is not tried again', async () => {
  const { http, waits } = client()
  const route = { cert: '-----BEGIN CERTIFICATE-----', key: 's3cret' }
  const request = http.request({ method: 'GET', url: 'https://127.0.0.1:1/', route })
  await expect(request).rejects.toMatchObject({
    code: 'tls',
    message: expect.stringMatching(/^the certificates that are given cannot be used \(ERR_\w+\)$/),
  })
  expect(waits).toEqual([])
})
