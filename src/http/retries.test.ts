import { describe, expect, onTestFinished, test } from 'vitest'
import { client, serve, text } from '../../test/http/for-one-test.ts'
import { LadingError } from '../errors/index.ts'
import { bytesOf } from '../streams/index.ts'
import { createHttpClient } from './create-http-client.ts'

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
    expect(response.tried).toEqual({ attempts: 5, milliseconds: 3750 })
  })

  test('a document that breaks off is asked for again', async () => {
    let count = 0
    const server = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '10' })
      if (count++ > 0) return void response.end('0123456789')
      response.write('0123', () => response.destroy())
    })
    const { http, waits } = client()
    const response = await http.request({ method: 'GET', url: server.origin, documentBytes: 10 })
    expect([await text(response), waits]).toEqual(['0123456789', [250]])
  })

  test('a document is no larger than it may be', async () => {
    const server = await serve((_, response) => void response.end('0123456789'))
    const { http } = client()
    const asked = http.request({ method: 'GET', url: server.origin, documentBytes: 9 })
    await expect(asked).rejects.toMatchObject({ code: 'too-large' })
  })

  test('nothing is sent again where that is said', async () => {
    const server = await serve((_, response) => void response.writeHead(503).end())
    const { http, waits } = client({ retryRequests: false })
    expect((await http.request({ method: 'GET', url: server.origin })).status).toBe(503)
    expect(waits).toEqual([])
    expect(server.log).toHaveLength(1)
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
    const response = await http.request({ method: 'GET', url: server.origin })
    expect(response).toMatchObject({ status: 503, tried: { attempts: 1, askedMs: 3_600_000 } })
    expect(await http.pause({ attempt: 1, subject: 'it', reason: 'busy', retryAfterMs: 3_600_000 })).toBe(false)
    expect(waits).toEqual([])
  })

  test('who takes one at a time is asked more often where it is busy, and not where it fails', async () => {
    let count = 0
    const server = await serve((_, response) => void response.writeHead(count++ < 7 ? 429 : 503).end())
    const { http, waits } = client()
    const response = await http.request({ method: 'PUT', url: server.origin, busyAttempts: 12 })
    expect(response.status).toBe(503)
    expect(waits).toHaveLength(7)
  })

  test('an error of a connection says how often it was tried, and over how long', async () => {
    const { http } = client()
    await expect(http.request({ method: 'GET', url: 'http://127.0.0.1:1/' })).rejects.toMatchObject({
      message: '127.0.0.1:1 refuses connections (tried 5 times in 3.8 s)',
      tried: { attempts: 5, milliseconds: 3750 },
    })
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

  test.each([
    ['that has no answer yet', undefined],
    ['between two attempts', 503],
  ])('closing the client ends a request %s', async (_, status) => {
    const begun = Promise.withResolvers<void>()
    const server = await serve((_, response) => {
      if (status === undefined) begun.resolve()
      else response.writeHead(status).end()
    })
    const http = createHttpClient({
      environment: {},
      retry: { firstDelayMs: 3_600_000, maxDelayMs: 3_600_000, budgetMs: 1e9 },
      onRetry: () => begun.resolve(),
    })
    const abandoned = expect(http.request({ method: 'GET', url: server.origin })).rejects.toMatchObject({
      code: 'interrupted',
    })
    await begun.promise
    await http[Symbol.asyncDispose]()
    await abandoned
    expect(server.log).toHaveLength(1)
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
