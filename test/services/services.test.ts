import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import https from 'node:https'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { close, listen } from '../../src/testing/listen.ts'
import { testCredentials } from './credentials.ts'
import { describeWithServices } from './describe-with-services.ts'
import type { Fault } from './fault.ts'
import { missingServices } from './missing-services.ts'
import { peer } from './peer.ts'
import { startProxy, type TestProxy } from './start-proxy.ts'
import { startRegistry } from './start-registry.ts'

const basic = `Basic ${btoa(`${testCredentials.username}:${testCredentials.password}`)}`

test('a missing service is named, and how to get it', () => {
  expect(missingServices(['crane', 'oras'], name => (name === 'crane' ? '/bin/crane' : undefined))).toBe(
    'needs oras: npm run services installs it',
  )
  expect(missingServices(['crane'], () => '/bin/crane')).toBeUndefined()
})

describeWithServices(['docker-registry', 'openssl'], 'startRegistry', () => {
  test('without authentication', async () => {
    await using registry = await startRegistry()
    expect((await fetch(`${registry.url}/v2/`)).status).toBe(200)
  })

  test('with basic authentication', async () => {
    await using registry = await startRegistry({ auth: 'basic' })
    expect((await fetch(`${registry.url}/v2/`)).status).toBe(401)
    expect((await fetch(`${registry.url}/v2/`, { headers: { authorization: basic } })).status).toBe(200)
  })

  test('with tokens, whose requests are recorded', async () => {
    await using registry = await startRegistry({ auth: 'token', tokens: { fields: ['access_token'] } })
    const upload = (authorization: string) =>
      fetch(`${registry.url}/v2/app/blobs/uploads/`, { method: 'POST', headers: { authorization } })
    const tokenFor = async (headers: Record<string, string>) => {
      const url = `${registry.tokens?.realm}?service=registry&scope=repository:app:pull,push`
      const answer: unknown = await (await fetch(url, { headers })).json()
      expect(answer).toHaveProperty('access_token', expect.any(String))
      expect(answer).not.toHaveProperty('token')
      return (answer as { access_token: string }).access_token
    }
    expect((await upload(`Bearer ${await tokenFor({})}`)).status).toBe(401)
    expect((await upload(`Bearer ${await tokenFor({ authorization: basic })}`)).status).toBe(202)
    expect(registry.tokens?.requests.map(request => request.username)).toEqual([undefined, 'test'])
  })

  test('with TLS that its own file trusts', async () => {
    await using registry = await startRegistry({ tls: true })
    const ca = await readFile(registry.caFile ?? '')
    const status = await new Promise((resolve, reject) => {
      https
        .get(`${registry.url}/v2/`, { ca, agent: false }, response => resolve(response.statusCode))
        .on('error', reject)
    })
    expect(status).toBe(200)
  })
})

describeWithServices(['skopeo', 'crane', 'oras', 'umoci'], 'peer', () => {
  test.each(['skopeo', 'crane', 'oras', 'umoci'] as const)('%s runs', async name => {
    expect(await peer(name).run([name === 'skopeo' || name === 'umoci' ? '--version' : 'version'])).not.toBe('')
  })

  test('a failure tells what was printed', async () => {
    await expect(peer('skopeo').run(['inspect', 'oci:/nowhere'])).rejects.toThrow(
      /skopeo inspect oci:\/nowhere ended with \d/,
    )
  })
})

describe('startProxy', () => {
  const content = Buffer.alloc(100_000, 'a')
  let received: Buffer[]
  let proxy: TestProxy

  beforeEach(async () => {
    received = []
    const server = createServer((request, response) => {
      buffer(request).then(
        body => {
          received.push(body)
          response.end(content)
        },
        () => response.destroy(),
      )
    })
    proxy = await startProxy(`http://${await listen(server)}`)
    onTestFinished(() => close(server))
  })
  afterEach(() => proxy.stop())

  const get = async () => Buffer.from(await (await fetch(`${proxy.url}/blob?x=1`)).arrayBuffer())

  test('counts requests and bytes', async () => {
    await fetch(`${proxy.url}/blob`, { method: 'PUT', body: content.subarray(0, 10) })
    await get()
    expect(proxy.requests).toMatchObject([
      { method: 'PUT', path: '/blob', status: 200, requestBytes: 10, responseBytes: 100_000 },
      { method: 'GET', path: '/blob?x=1', status: 200, requestBytes: 0, responseBytes: 100_000 },
    ])
  })

  test('answers in the place of the target, so many times, after so many', async () => {
    const handle = proxy.fault({
      path: /blob/,
      skip: 1,
      times: 1,
      status: 429,
      headers: { 'retry-after': '1' },
      body: 'slow',
    })
    const statuses = []
    for (let i = 0; i < 3; i++) statuses.push((await fetch(`${proxy.url}/blob`)).status)
    expect(statuses).toEqual([200, 429, 200])
    expect(handle.hits).toBe(1)
    expect(received).toHaveLength(2)
  })

  test.each<[string, Fault]>([
    ['reset', { reset: true }],
    ['lost', { lost: true }],
    ['cutDown', { cutDown: 50_000 }],
    ['endDown', { endDown: 50_000 }],
  ])('%s breaks the request', async (_name, fault) => {
    proxy.fault({ ...fault, times: 1 })
    await expect(get()).rejects.toThrow()
    expect(received).toHaveLength(fault.reset ? 0 : 1)
    expect(await get()).toEqual(content)
  })

  test('cutUp breaks an upload, of which the target has a part', async () => {
    proxy.fault({ method: 'PUT', cutUp: 1000 })
    await expect(fetch(`${proxy.url}/blob`, { method: 'PUT', body: content })).rejects.toThrow()
    expect(proxy.requests[0]?.requestBytes).toBe(1000)
    expect(received).toEqual([])
  })

  test('hangDown is silent until the client gives up', async () => {
    proxy.fault({ hangDown: 10 })
    const controller = new AbortController()
    const response = await fetch(`${proxy.url}/blob`, { signal: controller.signal })
    const reader = response.body?.getReader()
    expect((await reader?.read())?.value).toHaveLength(10)
    const next = reader?.read()
    controller.abort()
    await expect(next).rejects.toThrow()
  })

  test('corrupt flips one bit', async () => {
    proxy.fault({ corrupt: 70_000 })
    const body = await get()
    expect(body[70_000]).toBe('a'.charCodeAt(0) ^ 1)
    body[70_000] = 'a'.charCodeAt(0)
    expect(body).toEqual(content)
  })

  test('rate changes no byte', async () => {
    proxy.fault({ bytesPerSecond: 10_000_000 })
    expect(await get()).toEqual(content)
  })
})
