import { describe, expect, test } from 'vitest'
import { client, serve, text } from '../../test/http/for-one-test.ts'
import { LadingError } from '../errors/index.ts'
import type { Bytes } from '../streams/index.ts'
import type { Script } from '../testing/scripted-server.ts'

describe('failures', () => {
  test('a body that is cut short is an error, not an end', async () => {
    const server = await serve((request, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('half', () => request.raw.socket.destroy())
    })
    const { http } = client()
    const response = await http.request({ method: 'GET', url: server.origin })
    await expect(text(response)).rejects.toMatchObject({ code: 'network', message: expect.stringContaining('closed') })
  })

  test('a chunked body that is cut short is an error', async () => {
    const server = await serve((request, response) => void response.write('half', () => request.raw.socket.destroy()))
    const { http } = client()
    const response = await http.request({ method: 'GET', url: server.origin })
    await expect(text(response)).rejects.toMatchObject({ code: 'network' })
  })

  test('a chunked body that is damaged is asked for again by who reads it: that is a failure of the network', async () => {
    const server = await serve((request, response) => {
      response.write('half', () => request.raw.socket.write('no chunk\r\n'))
    })
    const { http } = client()
    const response = await http.request({ method: 'GET', url: server.origin })
    await expect(text(response)).rejects.toMatchObject({ code: 'network', message: expect.stringContaining('damaged') })
  })

  test.each([
    ['without headers', (): void => {}, { answerMs: 50 }],
    ['without a body', (_: unknown, response: { write(text: string): void }) => response.write('x'), { idleMs: 50 }],
  ])('an answer %s is a timeout', async (_, script: Script, timeouts) => {
    const server = await serve(script)
    const { http } = client({ timeouts, retry: { attempts: 1 } })
    const answer = http.request({ method: 'GET', url: server.origin }).then(text)
    await expect(answer).rejects.toMatchObject({ code: 'timeout' })
  })

  test.each([
    ['a refused connection', 'http://127.0.0.1:1/', 'network', /127\.0\.0\.1:1 refuses connections/],
    ['an unknown host', 'http://nowhere.invalid/', 'network', /no host nowhere\.invalid|could not be looked up/],
  ])('%s', async (_, url, code, message) => {
    const { http } = client({ retry: { attempts: 1 } })
    await expect(http.request({ method: 'GET', url })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
  })

  test('plain HTTP where TLS is spoken to', async () => {
    const server = await serve((_, response) => void response.end())
    const { http } = client()
    const failure = http.request({ method: 'GET', url: server.origin.replace('http:', 'https:') })
    await expect(failure).rejects.toMatchObject({ code: 'tls', hint: expect.stringContaining('--tls-verify=false') })
  })

  test('headers without end', async () => {
    const server = await serve((_, response) => void response.writeHead(200, { 'x-big': 'x'.repeat(100_000) }).end())
    const { http } = client()
    const failure = http.request({ method: 'GET', url: server.origin })
    await expect(failure).rejects.toMatchObject({
      code: 'protocol-error',
      message: expect.stringContaining('too large'),
    })
  })

  test('no message holds a signature or a password', async () => {
    const server = await serve((_, response) => {
      response.writeHead(307, { location: '/again?X-Amz-Signature=secret&n=1' }).end()
    })
    const { http } = client()
    const url = `${server.origin.replace('//', '//user:hunter2@')}/a?token=secret`
    const error = await http.request({ method: 'GET', url }).catch(error => error)
    expect(error.message).not.toMatch(/secret|hunter2/)
  })
})

describe('a body that throws', () => {
  const broken: Bytes = {
    size: 200_000,
    async *open() {
      yield new Uint8Array(100_000)
      throw new LadingError('digest-mismatch', 'wrong bytes')
    },
  }

  test('comes out unchanged, is not tried again, and the request never completes', async () => {
    let completed = false
    const server = await serve(async (request, response) => {
      await request.body()
      completed = true
      response.end()
    })
    const { http, waits } = client()
    await expect(http.request({ method: 'PUT', url: server.origin, body: broken })).rejects.toMatchObject({
      code: 'digest-mismatch',
    })
    expect(waits).toEqual([])
    expect(completed).toBe(false)
  })

  test('of unknown length neither', async () => {
    let completed = false
    const server = await serve(async (request, response) => {
      await request.body()
      completed = true
      response.end()
    })
    const { http } = client()
    const body: Bytes = { open: broken.open }
    await expect(http.request({ method: 'PUT', url: server.origin, body })).rejects.toMatchObject({
      code: 'digest-mismatch',
    })
    expect(completed).toBe(false)
  })
})

test('a connection that is reset while the body waits to be taken is no failure of the body', async () => {
  let closed = 0
  const body: Bytes = {
    size: 1 << 30,
    async *open() {
      try {
        // More than any socket holds: what is behind it is not asked for before the reset.
        for (;;) yield new Uint8Array(16 << 20)
      } finally {
        closed++
      }
    },
  }
  const server = await serve(request => void request.raw.once('data', () => request.raw.socket.resetAndDestroy()))
  const { http } = client({ retry: { attempts: 2 } })
  const failure = http.request({ method: 'PUT', url: server.origin, body })
  await expect(failure).rejects.toMatchObject({ code: 'network' })
  expect(server.log).toHaveLength(2)
  expect(closed).toBe(2)
})

test('a body is closed when the server answers before it has come to its end', async () => {
  let closed = false
  const body: Bytes = {
    size: 1 << 30,
    async *open(_from, signal) {
      try {
        yield new Uint8Array(1000)
        await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
      } finally {
        closed = true
      }
    },
  }
  const server = await serve((_, response) => void response.writeHead(413).end('too much'))
  const { http } = client()
  const response = await http.request({ method: 'PATCH', url: server.origin, body })
  expect(response.status).toBe(413)
  expect(await text(response)).toBe('too much')
  expect(closed).toBe(true)
})

test('a signal ends a request, and a body half read, with its own reason', async () => {
  const reason = new Error('enough')
  const server = await serve((request, response) => void (request.path === '/body' && response.write('x')))
  const { http } = client()
  const early = new AbortController()
  const waiting = http.request({ method: 'GET', url: server.origin, signal: early.signal })
  setTimeout(() => early.abort(reason), 20)
  await expect(waiting).rejects.toBe(reason)
  const late = new AbortController()
  const response = await http.request({ method: 'GET', url: `${server.origin}/body`, signal: late.signal })
  setTimeout(() => late.abort(reason), 20)
  await expect(text(response)).rejects.toBe(reason)
})
