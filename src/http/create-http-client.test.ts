import { describe, expect, onTestFinished, test } from 'vitest'
import { LadingError } from '../errors/index.ts'
import { type Bytes, bytesOf, readAll } from '../streams/index.ts'
import { type Script, type ScriptedServer, startScriptedServer } from '../testing/scripted-server.ts'
import type { Clock } from './clock.ts'
import { createHttpClient, type HttpClientOptions } from './create-http-client.ts'
import type { HttpClient, HttpResponse } from './http-client.ts'

async function serve(script: Script): Promise<ScriptedServer> {
  const server = await startScriptedServer(script)
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server
}

/** A client whose pauses take no time and are written down. */
function client(options: HttpClientOptions = {}): { http: HttpClient; waits: number[]; reasons: string[] } {
  const waits: number[] = []
  const reasons: string[] = []
  let time = Date.UTC(2026, 0, 1)
  const clock: Clock = {
    now: () => time,
    random: () => 0.5,
    async sleep(milliseconds, signal) {
      signal?.throwIfAborted()
      waits.push(milliseconds)
      time += milliseconds
    },
  }
  const http = createHttpClient({ environment: {}, clock, onRetry: ({ reason }) => reasons.push(reason), ...options })
  onTestFinished(() => http[Symbol.asyncDispose]())
  return { http, waits, reasons }
}

async function text(response: HttpResponse): Promise<string> {
  return new TextDecoder().decode(await readAll(response.body, 1 << 20, 'the answer'))
}

describe('a request', () => {
  test('names itself, asks for unchanged bytes and returns any status', async () => {
    const server = await serve((_, response) => void response.writeHead(404, { 'X-Two': ['a', 'b'] }).end('no'))
    const { http } = client()
    const response = await http.request({ method: 'GET', url: `${server.origin}/x` })
    expect(response.status).toBe(404)
    expect(response.headers.get('x-two')).toBe('a, b')
    expect(await text(response)).toBe('no')
    expect(server.requests[0]?.headers).toMatchObject({
      'accept-encoding': 'identity',
      'user-agent': expect.stringMatching(/^lading\/\d/),
    })
  })

  test('reuses a connection whose answer was discarded', async () => {
    const ports = new Set<number | undefined>()
    const server = await serve((request, response) => {
      ports.add(request.raw.socket.remotePort)
      response.end('some bytes')
    })
    const { http } = client()
    for (let i = 0; i < 10; i++) await (await http.request({ method: 'GET', url: server.origin })).discard()
    expect(ports.size).toBeLessThan(3)
  })
})

describe('retries', () => {
  test.each([408, 429, 500, 502, 503, 504])('a GET answered %i is sent again', async status => {
    let count = 0
    const server = await serve((_, response) => void response.writeHead(count++ === 0 ? status : 200).end())
    const { http, waits, reasons } = client()
    expect((await http.request({ method: 'GET', url: server.origin })).status).toBe(200)
    expect(waits).toEqual([250])
    expect(reasons).toEqual([`it answered ${status}`])
  })

  test('the last answer is returned when all attempts fail, its body readable', async () => {
    const server = await serve((_, response) => void response.writeHead(503).end('busy'))
    const { http, waits } = client()
    const response = await http.request({ method: 'GET', url: server.origin })
    expect(response.status).toBe(503)
    expect(await text(response)).toBe('busy')
    expect(waits).toEqual([250, 500, 1000, 2000])
  })

  test('a POST is not sent again after a failure of the server, but after "too many requests"', async () => {
    const statuses = [429, 503]
    const server = await serve((_, response) => void response.writeHead(statuses.shift() ?? 200).end())
    const { http } = client()
    expect((await http.request({ method: 'POST', url: server.origin })).status).toBe(503)
    expect(server.log).toHaveLength(2)
  })

  test.each([
    ['seconds', '7', [7000]],
    ['a date', 'Thu, 01 Jan 2026 00:00:09 GMT', [9000]],
    ['neither', 'soon', [250]],
  ])('Retry-After in %s', async (_, header, expected) => {
    let count = 0
    const server = await serve((_, response) => {
      response.writeHead(count++ === 0 ? 503 : 200, { 'retry-after': header }).end()
    })
    const { http, waits } = client()
    await http.request({ method: 'GET', url: server.origin })
    expect(waits).toEqual(expected)
  })

  test('a server that asks for an hour is not waited for', async () => {
    const server = await serve((_, response) => void response.writeHead(503, { 'retry-after': '3600' }).end())
    const { http, waits } = client()
    expect((await http.request({ method: 'GET', url: server.origin })).status).toBe(503)
    expect(waits).toEqual([])
  })

  test('no attempt begins after the budget', async () => {
    const server = await serve((_, response) => void response.writeHead(503, { 'retry-after': '100' }).end())
    const { http, waits } = client({ retry: { budgetMs: 250_000 } })
    await http.request({ method: 'GET', url: server.origin })
    expect(waits).toEqual([100_000, 100_000])
  })

  test('a body is opened anew for every attempt', async () => {
    const bodies: string[] = []
    const server = await serve(async (request, response) => {
      bodies.push(String(await request.body()))
      response.writeHead(bodies.length === 1 ? 502 : 201).end()
    })
    const { http } = client()
    const body = bytesOf(new TextEncoder().encode('content'))
    expect((await http.request({ method: 'PUT', url: server.origin, body })).status).toBe(201)
    expect(bodies).toEqual(['content', 'content'])
    expect(server.requests[0]?.headers['content-length']).toBe('7')
  })

  test('a reset connection is tried again', async () => {
    let count = 0
    const server = await serve((request, response) => {
      if (count++ === 0) request.raw.socket.destroy()
      else response.end('ok')
    })
    const { http, reasons } = client()
    expect(await text(await http.request({ method: 'GET', url: server.origin }))).toBe('ok')
    expect(reasons).toHaveLength(1)
  })

  test('a wait ends when the signal is aborted', async () => {
    const abort = new AbortController()
    const server = await serve((_, response) => void response.writeHead(503).end())
    const http = createHttpClient({
      environment: {},
      retry: { firstDelayMs: 3_600_000, maxDelayMs: 3_600_000, budgetMs: 1e9 },
      onRetry: () => abort.abort(),
    })
    onTestFinished(() => http[Symbol.asyncDispose]())
    await expect(http.request({ method: 'GET', url: server.origin, signal: abort.signal })).rejects.toThrow(/abort/)
  })
})

describe('a pull limit', () => {
  const hubBody = JSON.stringify({
    errors: [{ code: 'TOOMANYREQUESTS', message: 'You have reached your pull rate limit.' }],
  })

  test.each([
    [
      'stated in headers',
      { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '0;w=21600', 'retry-after': '1' },
      '',
      /0 of 100 pulls remain per 6 h; it resets in 1 s/,
    ],
    ['stated in the body', {}, hubBody, /0 pulls remain; it does not say when it resets/],
    [
      'with a reset',
      { 'ratelimit-limit': '100;w=21600', 'ratelimit-reset': '5400' },
      hubBody,
      /0 of 100 pulls remain per 6 h; it resets in 90 min/,
    ],
  ])('%s fails at once', async (_, headers, body, message) => {
    const server = await serve((_, response) => void response.writeHead(429, headers).end(body))
    const { http } = client()
    const error = await http.request({ method: 'GET', url: server.origin }).catch(error => error)
    expect(error).toBeInstanceOf(LadingError)
    expect(error).toMatchObject({ code: 'rate-limited', status: 429, hint: expect.stringContaining('lading login') })
    expect(error.message).toMatch(message)
    expect(server.log).toHaveLength(1)
  })

  test('a 429 that only asks to slow down is tried again, and its body still readable', async () => {
    const server = await serve((_, response) => {
      response.writeHead(429, { 'ratelimit-remaining': '12;w=21600' }).end('toomanyrequests: Rate exceeded')
    })
    const { http, waits } = client()
    const response = await http.request({ method: 'GET', url: server.origin })
    expect(await text(response)).toContain('Rate exceeded')
    expect(waits).toHaveLength(4)
  })
})

describe('redirects', () => {
  test('carry no credentials, cookies or unknown headers to another origin', async () => {
    const other = await serve((_, response) => void response.end('blob'))
    const server = await serve(
      (_, response) => void response.writeHead(307, { location: `${other.origin}/b?sig=1` }).end(),
    )
    const { http } = client()
    const headers = { Authorization: 'Bearer t', Cookie: 'c=1', 'X-Api-Key': 'k', Range: 'bytes=1-', Accept: 'a/b' }
    const response = await http.request({ method: 'GET', url: `${server.origin}/a`, headers })
    expect(await text(response)).toBe('blob')
    expect(response.url).toBe(`${other.origin}/b?sig=1`)
    const sent = other.requests[0]?.headers
    expect(sent).toMatchObject({ range: 'bytes=1-', accept: 'a/b' })
    expect(sent).not.toHaveProperty('authorization')
    expect(sent).not.toHaveProperty('cookie')
    expect(sent).not.toHaveProperty('x-api-key')
  })

  test('keep credentials at the same origin', async () => {
    const server = await serve((request, response) => {
      if (request.path === '/a') response.writeHead(302, { location: 'b' }).end()
      else response.end(request.headers.authorization)
    })
    const { http } = client()
    const response = await http.request({
      method: 'GET',
      url: `${server.origin}/a`,
      headers: { authorization: 'Basic x' },
    })
    expect(await text(response)).toBe('Basic x')
  })

  test.each([
    ['a circle', '/a', /more than 10 redirects/],
    ['another scheme', 'file:///etc/passwd', /redirects to no place/],
    ['an empty place', 'http://', /redirects to no place/],
  ])('%s is an error', async (_, location, message) => {
    const server = await serve((_, response) => void response.writeHead(307, { location }).end())
    const { http } = client()
    await expect(http.request({ method: 'GET', url: `${server.origin}/a` })).rejects.toThrow(message)
  })

  test('of a POST is the answer', async () => {
    const server = await serve((_, response) => void response.writeHead(307, { location: '/b' }).end())
    const { http } = client()
    expect((await http.request({ method: 'POST', url: server.origin })).status).toBe(307)
  })
})

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

test('no more requests than the ceiling are under way, and half of them after a complaint', async () => {
  let active = 0
  let most = 0
  let complain = true
  const server = await serve(async (_, response) => {
    most = Math.max(most, ++active)
    await new Promise(resolve => setTimeout(resolve, 5))
    active--
    response.writeHead(complain ? 503 : 200).end()
  })
  const { http } = client({ maxPerHost: 4, retry: { attempts: 1 } })
  const wave = () => Promise.all(Array.from({ length: 8 }, () => http.request({ method: 'GET', url: server.origin })))
  await wave()
  expect(most).toBe(4)
  complain = false
  most = 0
  await wave()
  expect(most).toBeLessThan(4)
})

test('a proxy is used for hosts that are not this machine, with its credentials', async () => {
  const proxy = await serve((request, response) => {
    response.end(`${request.raw.url} ${request.headers['proxy-authorization']}`)
  })
  const environment = { http_proxy: proxy.origin.replace('//', '//user:pass@'), NO_PROXY: 'direct.test' }
  const { http } = client({ environment })
  const response = await http.request({ method: 'GET', url: 'http://registry.test/v2/' })
  expect(await text(response)).toBe(`http://registry.test/v2/ Basic ${btoa('user:pass')}`)
})
