import { describe, expect, test } from 'vitest'
import { client, serve, text } from '../../test/http/for-one-test.ts'
import type { RequestEvent } from './http-client.ts'

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

describe('whoever runs the program', () => {
  test('is named before it', async () => {
    const server = await serve((_, response) => void response.end())
    const { http } = client({ userAgentPrefix: 'mirror/2 (nightly)' })
    await (await http.request({ method: 'GET', url: server.origin })).discard()
    expect(server.requests[0]?.headers['user-agent']).toMatch(/^mirror\/2 \(nightly\) lading\/\d/)
  })

  test('is all that is named, where a program stands for another', async () => {
    const server = await serve((_, response) => void response.end())
    for (const userAgentPrefix of [undefined, 'x']) {
      const { http } = client({ userAgent: 'skopeo/1.22.0', userAgentPrefix })
      await (await http.request({ method: 'GET', url: server.origin })).discard()
    }
    expect(server.requests.map(({ headers }) => headers['user-agent'])).toEqual(['skopeo/1.22.0', 'x skopeo/1.22.0'])
  })

  test.each(['a\nb', '\u00e9'])('is not named %j, which no header can hold', userAgentPrefix => {
    expect(() => client({ userAgentPrefix })).toThrow(expect.objectContaining({ code: 'bad-argument' }))
  })

  test('hears of every request, without what is secret', async () => {
    const server = await serve((request, response) => {
      if (request.path.startsWith('/a')) response.writeHead(302, { location: '/b?sig=s3cret' }).end()
      else if (request.path.startsWith('/b')) response.end('b')
      else response.destroy()
    })
    const events: RequestEvent[] = []
    const { http } = client({ onRequest: event => events.push(event) })
    await (await http.request({ method: 'GET', url: `${server.origin}/a?token=s3cret` })).discard()
    await expect(http.request({ method: 'GET', url: `${server.origin}/c`, attempts: 1 })).rejects.toThrow()
    expect(events).toMatchObject([
      { method: 'GET', url: `${server.origin}/a?\u2026`, status: 302 },
      { method: 'GET', url: `${server.origin}/b?\u2026`, status: 200 },
      { method: 'GET', url: `${server.origin}/c`, failure: expect.any(String) },
    ])
    expect(JSON.stringify(events)).not.toContain('s3cret')
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

test('no more requests than the ceiling are under way, and half of them after a complaint', async () => {
  let active = 0
  let most = 0
  let complain = true
  const server = await serve(async (_, response) => {
    most = Math.max(most, ++active)
    // Nobody is answered before all places are taken, however slowly they come.
    while (complain && most < 4) await new Promise(resolve => setTimeout(resolve, 5))
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

test('while a host asks to wait, nobody else is sent to be refused', async () => {
  let busy = true
  let refused = 0
  const server = await serve((_, response) => {
    if (busy) refused++
    response.writeHead(busy ? 429 : 200, { 'retry-after': '1' }).end()
  })
  const sleep = async () => {
    await new Promise(resolve => setTimeout(resolve, 50))
    busy = false
  }
  const { http } = client({ maxPerHost: 2, clock: { now: Date.now, random: () => 0.5, sleep } })
  const all = Array.from({ length: 20 }, () => http.request({ method: 'GET', url: server.origin }))
  expect((await Promise.all(all)).map(({ status }) => status)).toEqual(all.map(() => 200))
  expect(refused).toBe(2)
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
