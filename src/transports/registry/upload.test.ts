import { describe, expect, onTestFinished, test } from 'vitest'
import { type Bytes, bytesOf } from '../../streams/index.ts'
import { layerOf, OneBlobRegistry, type Quirk } from '../../testing/one-blob-registry.ts'
import { openTestContext } from '../../testing/registry-context.ts'
import { startScriptedServer } from '../../testing/scripted-server.ts'
import type { ImageDestination } from '../transport.ts'
import { openRegistryDestination } from './destination.ts'

const mib = 1024 * 1024
const large = layerOf(3 * mib)
const small = layerOf(1000)

let registry: OneBlobRegistry
let destination: ImageDestination

async function start(quirk: Quirk = () => false): Promise<void> {
  registry = await OneBlobRegistry.start(quirk)
  onTestFinished(() => registry[Symbol.asyncDispose]())
  const test = openTestContext()
  onTestFinished(() => test[Symbol.asyncDispose]())
  const { host } = registry.server
  destination = await openRegistryDestination(
    { transport: 'registry', registry: host, repository: 'a', tag: 'v1' },
    test.context,
  )
}

const push = (blob: ReturnType<typeof layerOf>, signal?: AbortSignal) =>
  destination.push(blob, bytesOf(blob.content), signal)

describe('an upload', () => {
  test('of a large blob is one stream and an empty request that finishes it', async () => {
    await start()
    await push(large)
    expect(registry.stored).toBe(large.digest)
    expect(registry.server.log).toEqual([
      'POST /v2/a/blobs/uploads/',
      'PATCH /upload/1',
      `PUT /upload/1?digest=${encodeURIComponent(large.digest)}`,
    ])
    expect(registry.bodies).toEqual([`PATCH all ${large.size}`, 'PUT all 0'])
  })

  test.each([
    ['small', small],
    ['empty', layerOf(0)],
  ])('of %s bytes is two requests', async (_, blob) => {
    await start()
    await push(blob)
    expect(registry.methods).toBe('POST PUT')
    expect(registry.stored).toBe(blob.digest)
  })

  test.each<[string, (host: string) => string, string]>([
    ['relative', () => '/upload/2', '/upload/2'],
    ['relative to the uploads', () => 'other', '/v2/a/blobs/uploads/other'],
    ['whole', host => `http://${host}/upload/2`, '/upload/2'],
    ['of the other scheme', host => `https://${host}/upload/2`, '/upload/2'],
    ['with a query to keep', () => '/upload/2?_state=a%2Bb~c%3D&x', '/upload/2?_state=a%2Bb~c%3D&x'],
  ])('goes on where Location says: %s', async (_, location, path) => {
    await start(({ method, headers }, response) => {
      if (method !== 'POST') return false
      response.writeHead(202, { location: location(headers.host ?? '') }).end()
      return true
    })
    await push(small)
    const separator = path.includes('?') ? '&' : '?'
    expect(registry.server.log[1]).toBe(`PUT ${path}${separator}digest=${encodeURIComponent(small.digest)}`)
  })

  test('goes on at another origin without credentials', async () => {
    const other = await startScriptedServer(async (request, response) => {
      await request.body()
      response.writeHead(201).end()
    })
    onTestFinished(() => other[Symbol.asyncDispose]())
    await start(({ method, headers }, response) => {
      if (headers.authorization === undefined) {
        const challenge = { 'www-authenticate': `Bearer realm="http://${headers.host}/token"` }
        if (registry.server.log.at(-1)?.includes('/token')) response.end('{"token":"t"}')
        else response.writeHead(401, challenge).end()
        return true
      }
      if (method === 'POST') response.writeHead(202, { location: `${other.origin}/elsewhere?sig=1` }).end()
      return method === 'POST'
    })
    await push(small)
    expect(other.log).toEqual([`PUT /elsewhere?sig=1&digest=${encodeURIComponent(small.digest)}`])
    expect(other.requests[0]?.headers.authorization).toBeUndefined()
  })

  test.each(['', 'file:///x', 'http://'])('that goes on at %o is an error', async location => {
    await start(({ method }, response) => {
      if (method === 'POST') response.writeHead(202, location === '' ? {} : { location }).end()
      return method === 'POST'
    })
    await expect(push(small)).rejects.toMatchObject({ code: 'protocol-error' })
  })

  test('that stores something else is an error', async () => {
    await start(async (request, response) => {
      if (request.method !== 'PUT') return false
      await request.body()
      response.writeHead(201, { 'docker-content-digest': large.digest }).end()
      return true
    })
    await expect(push(small)).rejects.toMatchObject({ code: 'protocol-error' })
  })
})

/** Answers 413 to a body of more than `limit` bytes, as soon as its length is known. */
const limited =
  (limit: number): Quirk =>
  ({ method, headers }, response) => {
    if (method !== 'PATCH' || Number(headers['content-length']) <= limit) return false
    registry.bodies.push(`413 for ${headers['content-length']}`)
    response.writeHead(413, { connection: 'close' }).end()
    return true
  }

describe('chunks', () => {
  test('are halved at 413 until they pass, and the next blob begins with what passed', async () => {
    await start(limited(mib))
    await push(large)
    expect(registry.stored).toBe(large.digest)
    expect(registry.bodies).toEqual([
      `413 for ${3 * mib}`,
      `413 for ${1.5 * mib}`,
      `PATCH 0-${mib - 1} ${mib}`,
      `PATCH ${mib}-${2 * mib - 1} ${mib}`,
      `PATCH ${2 * mib}-${3 * mib - 1} ${mib}`,
      'PUT all 0',
    ])
    registry.bodies = []
    await push(layerOf(2 * mib))
    expect(registry.bodies).toEqual([`PATCH 0-${mib - 1} ${mib}`, `PATCH ${mib}-${2 * mib - 1} ${mib}`, 'PUT all 0'])
  })

  test('are not made ever smaller', async () => {
    await start(limited(1000))
    await expect(push(large)).rejects.toMatchObject({
      code: 'too-large',
      hint: expect.stringContaining('client_max_body_size'),
    })
    expect(registry.methods).toMatch(/DELETE$/)
  })

  test('are as large as OCI-Chunk-Min-Length', async () => {
    await start((request, response) => {
      if (request.method !== 'POST') return limited(2 * mib)(request, response)
      registry.received = Buffer.alloc(0)
      response.writeHead(202, { location: '/upload/1', 'oci-chunk-min-length': String(2 * mib) }).end()
      return true
    })
    await push(large)
    expect(registry.bodies.slice(1)).toEqual([
      `PATCH 0-${2 * mib - 1} ${2 * mib}`,
      `PATCH ${2 * mib}-${3 * mib - 1} ${mib}`,
      'PUT all 0',
    ])
  })

  test('read the source once from its start', async () => {
    await start(limited(mib))
    const opened: number[] = []
    const bytes: Bytes = {
      size: large.size,
      async *open(from = 0) {
        opened.push(from)
        for (let at = from; at < large.size; at += 100_000) yield large.content.subarray(at, at + 100_000)
      },
    }
    await destination.push(layerOf(2 * mib), bytesOf(layerOf(2 * mib).content))
    await destination.push(large, bytes)
    expect(opened).toEqual([0])
  })
})

test('a registry without PATCH gets the blob with the request that finishes it', async () => {
  await start(async (request, response) => {
    if (request.method !== 'PATCH') return false
    await request.body()
    response.writeHead(405).end()
    return true
  })
  await push(large)
  expect(registry.bodies).toEqual([`PUT all ${3 * mib}`])
  expect(registry.stored).toBe(large.digest)
})

describe('a mount', () => {
  const origin = () => ({ kind: 'repository' as const, registry: registry.server.host, repository: 'from' })
  const mounting =
    (status: number): Quirk =>
    ({ query }, response) => {
      if (!query.includes('mount=')) return false
      response.writeHead(status, status === 202 ? { location: '/upload/mount' } : {}).end()
      return true
    }

  test('takes the blob without its bytes', async () => {
    await start(mounting(201))
    expect(await destination.adopt?.(large, origin())).toBe(true)
    expect(registry.server.log).toEqual([
      `POST /v2/a/blobs/uploads/?mount=${encodeURIComponent(large.digest)}&from=from`,
    ])
  })

  test('answered 202 is the upload that the push goes on with', async () => {
    await start(mounting(202))
    expect(await destination.adopt?.(large, origin())).toBe(false)
    await push(large)
    expect(registry.server.log.slice(1)).toEqual([
      'PATCH /upload/mount',
      `PUT /upload/mount?digest=${encodeURIComponent(large.digest)}`,
    ])
  })

  test('answered 202 and never pushed is given up', async () => {
    await start(mounting(202))
    await destination.adopt?.(large, origin())
    await destination[Symbol.asyncDispose]()
    expect(registry.server.log.slice(1)).toEqual(['DELETE /upload/mount'])
  })

  test.each([403, 404, 405])('answered %i means to move the bytes', async status => {
    await start(mounting(status))
    expect(await destination.adopt?.(large, origin())).toBe(false)
    await push(large)
    expect(registry.stored).toBe(large.digest)
  })

  test('is not asked for from another registry, nor from the same repository', async () => {
    await start()
    expect(await destination.adopt?.(large, { kind: 'repository', registry: 'other.test', repository: 'from' })).toBe(
      false,
    )
    expect(
      await destination.adopt?.(large, { kind: 'repository', registry: registry.server.host, repository: 'a' }),
    ).toBe(false)
    expect(registry.server.log).toEqual([])
  })
})

test('a token refused in mid-upload is fetched anew, and the chunk sent again', async () => {
  let tokens = 0
  let refused = false
  await start(async (request, response) => {
    if (request.path === '/token') {
      response.end(JSON.stringify({ token: `t${++tokens}` }))
      return true
    }
    const token = request.headers.authorization
    const expire = request.method === 'PATCH' && !refused
    if (token !== undefined && !expire) return false
    if (expire) refused = true
    response
      .writeHead(401, { 'www-authenticate': `Bearer realm="${registry.server.origin}/token"`, connection: 'close' })
      .end()
    return true
  })
  await push(large)
  expect(registry.stored).toBe(large.digest)
  expect(tokens).toBe(2)
})
