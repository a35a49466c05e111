import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, isIPv6, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { client, text } from '../../test/http/for-one-test.ts'
import { EarlySocket } from './early-socket.ts'

/** Answers each request, and tells how many connections came. */
async function countingServer(host = '127.0.0.1'): Promise<{ readonly url: URL; readonly sockets: Socket[] }> {
  const sockets: Socket[] = []
  const server = createServer(socket => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', () => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
  })
  await once(server.listen(0, host), 'listening')
  const { port } = server.address() as AddressInfo
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { url: new URL(`http://${isIPv6(host) ? `[${host}]` : host}:${port}/`), sockets }
}

test.each([
  '127.0.0.1',
  '::1',
])('the first request to %s goes over the connection that was opened while the client was loaded', async host => {
  const { url, sockets } = await countingServer(host)
  const { http } = client()
  expect(await text(await http.request({ method: 'GET', url: url.href }))).toBe('ok')
  expect(sockets).toHaveLength(1)
})

test('is given away once, to who wants that server', async () => {
  const { url } = await countingServer()
  const early = new EarlySocket(url)
  const { hostname, port, protocol } = url
  expect(await early.take({ hostname: 'localhost', port, protocol }, 5000)).toBeUndefined()
  expect(await early.take({ hostname, port: '1', protocol }, 5000)).toBeUndefined()
  const socket = await early.take({ hostname, port, protocol }, 5000)
  expect(socket?.readyState).toBe('open')
  expect(await early.take({ hostname, port, protocol }, 5000)).toBeUndefined()
  socket?.destroy()
})

test('that nobody answers is nobody', async () => {
  const { url } = await countingServer()
  const refused = new URL('http://127.0.0.1:1/')
  const { hostname, port, protocol } = refused
  expect(await new EarlySocket(refused).take({ hostname, port, protocol }, 5000)).toBeUndefined()
  const { http } = client({ retry: { attempts: 1 } })
  await expect(http.request({ method: 'GET', url: refused.href })).rejects.toMatchObject({
    code: 'network',
    message: '127.0.0.1:1 refuses connections',
  })
  await (await http.request({ method: 'GET', url: url.href })).discard()
})

test('is closed where it was not taken', async () => {
  const { url, sockets } = await countingServer()
  const early = new EarlySocket(url)
  await expect.poll(() => sockets.length).toBe(1)
  early.close()
  await expect.poll(() => sockets[0]?.closed).toBe(true)
})

test('to a server that takes no connection is waited for as long as any other', async () => {
  const { http } = client({ timeouts: { connectMs: 100 }, retry: { attempts: 1 } })
  await expect(http.request({ method: 'GET', url: (await serverThatTakesNoConnection()).href })).rejects.toMatchObject({
    code: 'timeout',
  })
})

test('that is not open yet ends with the client', async () => {
  const url = await serverThatTakesNoConnection()
  const early = new EarlySocket(url)
  const { hostname, port, protocol } = url
  const taken = early.take({ hostname, port, protocol }, 3_600_000)
  early.close()
  expect(await taken).toBeUndefined()
})

/** Its queue of connections is full, and nobody takes any out of it. */
async function serverThatTakesNoConnection(): Promise<URL> {
  const script = `
    const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      require('node:fs').writeSync(1, String(server.address().port))
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    })`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [port] = await once(child.stdout, 'data')
  const waiting = Array.from({ length: 4 }, () => connect(Number(port), '127.0.0.1').on('error', () => {}))
  onTestFinished(() => {
    child.kill('SIGKILL')
    for (const socket of waiting) socket.destroy()
  })
  await Promise.all(waiting.slice(0, 2).map(socket => once(socket, 'connect')))
  return new URL(`http://127.0.0.1:${port}/`)
}
