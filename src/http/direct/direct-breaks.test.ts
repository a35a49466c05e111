import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { content, get, ok, openPool } from '../../../test/lanes/direct-get.ts'
import { serveRaw } from '../../../test/lanes/raw-server.ts'

describe('a server that closes the connection', () => {
  const whole = ok(content)
  const headBytes = whole.length - content.length
  test.each([
    ['at once', 0],
    ['in the head', 20],
    ['before the end of the head', headBytes - 1],
    ['after the head', headBytes],
    ['in the body', headBytes + 1000],
    ['at the last byte', whole.length - 1],
  ])('%s is an error of the network', async (_, bytes) => {
    const server = await serveRaw(socket => socket.end(whole.subarray(0, bytes)))
    await expect(get(openPool(), server.origin)).rejects.toMatchObject({
      code: 'network',
      message: `${new URL(server.origin).host} closed the connection before the answer was complete`,
    })
  })

  test.each([
    ['in the head', 20],
    ['in the body', headBytes + 1000],
  ])('%s with a reset is an error of the network', async (_, bytes) => {
    const server = await serveRaw(socket => socket.write(whole.subarray(0, bytes), () => socket.resetAndDestroy()))
    await expect(get(openPool(), server.origin)).rejects.toMatchObject({ code: 'network' })
  })

  test('before anything was asked is asked again over another', async () => {
    const server = await serveRaw(socket => {
      if (server.sockets.length === 1) socket.end(whole)
      else socket.write(whole)
    })
    const pool = openPool()
    await get(pool, server.origin)
    await closed(server.sockets[0])
    expect((await get(pool, server.origin)).outcome).toBe('whole')
  })

  test('when it sees the second request is asked again, once', async () => {
    const server = await serveRaw((socket, nth) => (nth === 1 ? socket.write(whole) : socket.destroy()))
    const pool = openPool()
    await get(pool, server.origin)
    await expect(get(pool, server.origin)).rejects.toMatchObject({ code: 'network' })
    expect([server.sockets.length, server.heads.length]).toEqual([2, 3])
  })

  test('in the second answer is not asked again by the pool', async () => {
    const server = await serveRaw((socket, nth) =>
      nth === 1 ? socket.write(whole) : socket.end(whole.subarray(0, 999)),
    )
    const pool = openPool()
    await get(pool, server.origin)
    await expect(get(pool, server.origin)).rejects.toMatchObject({ code: 'network' })
    expect(server.heads).toHaveLength(2)
  })
})

test('bytes that nobody asked for end an idle connection', async () => {
  const server = await serveRaw(socket => socket.write(ok(Buffer.from('a'))))
  const pool = openPool()
  await get(pool, server.origin)
  server.sockets[0]?.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil')
  await closed(server.sockets[0])
  expect((await get(pool, server.origin)).body.toString()).toBe('a')
})

test('a server that nobody listens for refuses', async () => {
  const server = await serveRaw(() => {})
  const gone = new URL(server.origin)
  gone.port = '1'
  await expect(get(openPool(), gone.href)).rejects.toMatchObject({
    code: 'network',
    message: `${gone.host} refuses connections`,
  })
})

describe('a silent server is given up', () => {
  test.each([
    ['before the head', '', { answerMs: 50 }, 'did not answer within 0.1 s'],
    ['in the head', 'HTTP/1.1 200', { answerMs: 50 }, 'did not answer within 0.1 s'],
    ['in the body', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel', { idleMs: 50 }, 'sent nothing for 0.1 s'],
  ])('%s', async (_, answer, limit, message) => {
    const server = await serveRaw(socket => answer !== '' && socket.write(answer))
    const host = new URL(server.origin).host
    await expect(get(openPool(limit), server.origin)).rejects.toMatchObject({
      code: 'timeout',
      message: `${host} ${message}`,
    })
    await closed(server.sockets[0])
  })
})

describe('an abort', () => {
  test.each([
    ['before the head', ''],
    ['in the head', 'HTTP/1.1 200'],
    ['in the body', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel'],
  ])('%s ends it with the signal’s reason', async (_, answer) => {
    const stop = new AbortController()
    const reason = new Error('stopped')
    const server = await serveRaw(socket => {
      socket.write(answer, () => setImmediate(() => stop.abort(reason)))
    })
    await expect(get(openPool(), server.origin, { signal: stop.signal })).rejects.toBe(reason)
    await closed(server.sockets[0])
  })

  test('of before connects nowhere', async () => {
    const server = await serveRaw(() => {})
    const reason = new Error('stopped')
    await expect(get(openPool(), server.origin, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(server.sockets).toEqual([])
  })
})

async function closed(socket: Socket | undefined): Promise<void> {
  if (socket === undefined) throw new Error('there is no such connection')
  while (!socket.closed) await new Promise(resolve => setImmediate(resolve))
}
