import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { openHttpTestClient } from '../../src/testing/http-test-client.ts'
import { type ScriptedServer, startScriptedServer } from '../../src/testing/scripted-server.ts'
import { makeCertificate } from '../services/certificate.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { newFolder } from './lading.ts'

/** A proxy that opens tunnels to one place, whatever is asked for, to those who know `user:pass`. */
async function startTunnel(target: string): Promise<{ host: string; asked: string[] }> {
  const asked: string[] = []
  const server = createServer()
  server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    asked.push(request.url ?? '')
    if (request.headers['proxy-authorization'] !== `Basic ${btoa('user:pass')}`) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n')
      return
    }
    const there = connect(Number(target.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      there.pipe(socket).pipe(there)
    })
    socket.on('error', () => there.destroy())
    there.on('error', () => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked } // an object for every TCP server
}

describeWithServices(['openssl'], 'a server with a certificate of its own', () => {
  let server: ScriptedServer
  beforeAll(async () => {
    const certificate = await makeCertificate(await newFolder(), 'tls')
    const [key, cert] = await Promise.all([
      readFile(certificate.keyFile, 'utf8'),
      readFile(certificate.certificateFile, 'utf8'),
    ])
    server = await startScriptedServer((_, response) => void response.end('hello'), { key, cert })
  })
  afterAll(() => server[Symbol.asyncDispose]())

  function client(environment: Record<string, string> = {}) {
    const test = openHttpTestClient({ environment })
    onTestFinished(() => test[Symbol.asyncDispose]())
    return test
  }

  test('is not trusted, at once, and the hint says what to do', async () => {
    const { http, waits } = client()
    const attempt = http.request({ method: 'GET', url: server.origin })
    await expect(attempt).rejects.toMatchObject({
      code: 'tls',
      message: `the certificate of ${server.host} is signed by an unknown authority`,
      hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    })
    expect(waits).toEqual([])
  })

  test('is spoken to where its certificate need not be checked, and only there', async () => {
    const { http } = client()
    const response = await http.request({ method: 'GET', url: server.origin, tlsVerify: false })
    expect(response.status).toBe(200)
    await response.discard()
    await expect(http.request({ method: 'GET', url: server.origin })).rejects.toMatchObject({ code: 'tls' })
  })

  test('is reached through the tunnel of a proxy', async () => {
    const tunnel = await startTunnel(server.host)
    const { http } = client({ HTTPS_PROXY: `http://user:pass@${tunnel.host}` })
    const response = await http.request({ method: 'GET', url: 'https://registry.test/v2/', tlsVerify: false })
    expect(response.status).toBe(200)
    await response.discard()
    expect(tunnel.asked).toEqual(['registry.test:443'])
  })

  test('is not reached through a proxy that refuses, and the message says who did', async () => {
    const tunnel = await startTunnel(server.host)
    const { http } = client({ HTTPS_PROXY: `http://user:wrong@${tunnel.host}` })
    const attempt = http.request({ method: 'GET', url: 'https://registry.test/v2/', tlsVerify: false })
    await expect(attempt).rejects.toMatchObject({
      code: 'network',
      message: `the proxy answered 407 for registry.test, through the proxy ${tunnel.host}`,
    })
  })
})
