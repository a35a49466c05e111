import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { content, get, never, ok, openPool } from '../../../test/lanes/direct-get.ts'
import { serveRaw } from '../../../test/lanes/raw-server.ts'
import { NotSimple } from './direct-connection.ts'

describe('an answer', () => {
  test('is taken whole, and the next request goes over the same connection', async () => {
    const server = await serveRaw(socket => socket.write(ok(content)))
    const pool = openPool()
    for (let round = 0; round < 3; round++) {
      const { outcome, body, heads } = await get(pool, `${server.origin}/v2/a?b=c#d`, { headers: { 'x-a': 'b' } })
      expect([outcome, body.equals(content), heads.length]).toEqual(['whole', true, 1])
    }
    expect(server.sockets).toHaveLength(1)
    const host = new URL(server.origin).host
    expect(server.heads[0]).toBe(`GET /v2/a?b=c HTTP/1.1\r\nhost: ${host}\r\nx-a: b`)
  })

  test('may come in any parts', async () => {
    const answer = ok(Buffer.from('hello'), 'X: y')
    const server = await serveRaw(socket => void sendSlowly(socket, answer))
    const pool = openPool()
    for (let round = 0; round < 2; round++) expect((await get(pool, server.origin)).body.toString()).toBe('hello')
  })

  test('without a body is whole', async () => {
    const server = await serveRaw(socket => socket.write(ok(Buffer.alloc(0))))
    const pool = openPool()
    expect((await get(pool, server.origin)).outcome).toBe('whole')
    expect((await get(pool, server.origin)).outcome).toBe('whole')
    expect(server.sockets).toHaveLength(1)
  })

  test('whose body is not wanted is read past where it is short', async () => {
    const server = await serveRaw(socket => socket.write(ok(Buffer.from('no such blob'))))
    const pool = openPool()
    expect(await get(pool, server.origin, { want: 0 })).toMatchObject({ outcome: 'left', body: Buffer.alloc(0) })
    expect((await get(pool, server.origin)).body.toString()).toBe('no such blob')
    expect(server.sockets).toHaveLength(1)
  })

  test('whose long body is not wanted ends the connection', async () => {
    const server = await serveRaw(socket => socket.write(ok(content)))
    const pool = openPool()
    expect((await get(pool, server.origin, { want: 0 })).outcome).toBe('left')
    expect((await get(pool, server.origin)).outcome).toBe('whole')
    expect(server.sockets).toHaveLength(2)
  })

  test('of which enough has come is left, with its connection', async () => {
    const server = await serveRaw(socket => socket.write(ok(content).subarray(0, 50_000)))
    const { outcome, body } = await get(openPool(), server.origin, { want: 10 })
    expect(outcome).toBe('left')
    expect(body.equals(content.subarray(0, body.length))).toBe(true)
    await closed(server.sockets[0])
  })

  test('that says that it is the last on its connection is', async () => {
    const server = await serveRaw(socket => socket.write(ok(content, 'Connection: close')))
    const pool = openPool()
    await get(pool, server.origin)
    await get(pool, server.origin)
    expect(server.sockets).toHaveLength(2)
  })

  test('comes from a server with an IPv6 address', async () => {
    const server = await serveRaw(socket => socket.write(ok(Buffer.from('six'))), { host: '::1' })
    expect((await get(openPool(), server.origin)).body.toString()).toBe('six')
    expect(server.heads[0]).toMatch(/\r\nhost: \[::1\]:\d+$/)
  })

  test('comes to each of many who ask at once', async () => {
    const server = await serveRaw((socket, nth) => socket.write(ok(Buffer.from(`${nth}`))))
    const pool = openPool()
    const bodies = await Promise.all(Array.from({ length: 20 }, () => get(pool, server.origin)))
    expect(new Set(bodies.map(({ body }) => body.toString())).size).toBe(20)
    expect(server.sockets).toHaveLength(20)
    await Promise.all(Array.from({ length: 20 }, () => get(pool, server.origin)))
    expect(server.sockets).toHaveLength(20)
  })
})

describe('not understood, and left to others, is', () => {
  test.each([
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello'],
    ['a body in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'],
    ['a compressed body', 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello'],
    ['a body to the end of the connection', 'HTTP/1.1 200 OK\r\n\r\nhello'],
    ['an answer before the answer', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.2p1\r\n\r\n'],
    ['a head without an end', `HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: ${'x'.repeat(70_000)}`],
    ['a body that is longer than said', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, world'],
  ])('%s', async (_, answer) => {
    const server = await serveRaw(socket => socket.write(answer))
    await expect(get(openPool(), server.origin)).rejects.toBeInstanceOf(NotSimple)
    await closed(server.sockets[0])
  })

  test.each([
    ['a line end', 'a\r\nx: y'],
    ['a line feed', 'a\nx: y'],
    ['letters whose lower byte is a line end', 'a\u010d\u010ax: y'],
    ['a zero byte', 'a\0'],
  ])('a request whose header has %s: nothing is sent', async (_, value) => {
    const server = await serveRaw(socket => socket.write(ok(content)))
    const asked = get(openPool(), server.origin, { headers: { authorization: value } })
    await expect(asked).rejects.toBeInstanceOf(NotSimple)
    expect(server.heads).toEqual([])
  })
})

test('what the taker throws comes out as it is, and ends the connection', async () => {
  const server = await serveRaw(socket => socket.write(ok(content)))
  const full = Object.assign(new Error('no space'), { code: 'ENOSPC' })
  const pool = openPool()
  const request = { url: server.origin, headers: {}, tlsVerify: true, route: undefined }
  const fail = () => {
    throw full
  }
  await expect(pool.get(request, { head: () => true, bytes: fail }, never)).rejects.toBe(full)
  await expect(pool.get(request, { head: fail, bytes: () => true }, never)).rejects.toBe(full)
  await Promise.all(server.sockets.map(closed))
  expect(server.heads).toHaveLength(2)
})

test('a pool that is closed closes its connections, used and idle', async () => {
  const server = await serveRaw((socket, nth) => nth === 1 && socket.write(ok(content)))
  const pool = openPool()
  await get(pool, server.origin)
  const asked = Promise.allSettled([get(pool, server.origin), get(pool, server.origin)])
  while (server.heads.length < 3) await new Promise(resolve => setImmediate(resolve))
  pool[Symbol.dispose]()
  for (const each of await asked) expect(each).toMatchObject({ status: 'rejected', reason: { code: 'network' } })
  await Promise.all(server.sockets.map(closed))
})

async function sendSlowly(socket: Socket, bytes: Buffer): Promise<void> {
  for (const byte of bytes) {
    socket.write(Buffer.of(byte))
    await new Promise(resolve => setImmediate(resolve))
  }
}

async function closed(socket: Socket | undefined): Promise<void> {
  if (socket === undefined) throw new Error('there is no such connection')
  while (!socket.closed) await new Promise(resolve => setImmediate(resolve))
}
