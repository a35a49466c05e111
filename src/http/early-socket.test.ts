import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { client, text } from '../../test/http/for-one-test.ts'
import { EarlySocket } from './early-socket.ts'

/** Answers each request, and tells how many connections came. */
async function countingServer(): Promise<{ readonly url: URL; readonly sockets: Socket[] }> {
  const sockets: Socket[] = []
  const server = createServer(socket => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', () => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { url: new URL(`http://127.0.0.1:${port}/`), sockets }
}

test('the first request goes over the connection that was opened while the client was loaded', async () => {
  const { url, sockets } = await countingServer()
  const { http } = client()
  expect(await text(await http.request({ method: 'GET', url: url.href }))).toBe('ok')
  expect(sockets).toHaveLength(1)
})

test('is given away once, to who wants that server', async () => {
  const { url } = await countingServer()
  const early = new EarlySocket(url)
  const { hostname, port, protocol } = url
  expect(await early.take({ hostname: 'localhost', port, protocol })).toBeUndefined()
  expect(await early.take({ hostname, port: '1', protocol })).toBeUndefined()
  const socket = await early.take({ hostname, port, protocol })
  expect(socket?.readyState).toBe('open')
  expect(await early.take({ hostname, port, protocol })).toBeUndefined()
  socket?.destroy()
})

test('that nobody answers is nobody', async () => {
  const { url } = await countingServer()
  const refused = new URL('http://127.0.0.1:1/')
  const { hostname, port, protocol } = refused
  expect(await new EarlySocket(refused).take({ hostname, port, protocol })).toBeUndefined()
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
