import type { ServerResponse } from 'node:http'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import { digestOf } from '../../model/digest.ts'
import { type Bytes, bytesOf } from '../../streams/index.ts'
import { openTestContext } from '../../testing/registry-context.ts'
import { type ScriptedRequest, type ScriptedServer, startScriptedServer } from '../../testing/scripted-server.ts'
import type { ImageDestination } from '../transport.ts'
import { openRegistryDestination } from './destination.ts'

const mib = 1024 * 1024
const large = blobOf(3 * mib)
const small = blobOf(1000)

function blobOf(size: number): Node & { content: Buffer } {
  const content = Buffer.alloc(size, 'lading')
  return { kind: 'layer', mediaType: 'x', digest: digestOf(content), size, content }
}

/** What an upload was sent: `METHOD path` and bytes, one line each, with the session's number in place of its name. */
let lines: string[]
let received: Buffer
let stored: string | undefined
let server: ScriptedServer
let destination: ImageDestination

type Quirk = (request: ScriptedRequest, response: ServerResponse) => boolean | undefined | Promise<boolean | undefined>

/** A registry of one blob, correct but for what `quirk` answers itself: then it returns true. */
async function start(quirk: Quirk = () => false, repository = 'a'): Promise<void> {
  server = await startScriptedServer(async (request, response) => {
    if (await quirk(request, response)) return
    const location = { location: request.path.startsWith('/upload/') ? request.path : '/upload/1' }
    if (request.path.includes('/blobs/sha')) return void response.writeHead(stored === undefined ? 404 : 200).end()
    if (request.method === 'POST') {
      received = Buffer.alloc(0)
      return void response.writeHead(202, location).end()
    }
    if (request.method === 'DELETE') return void response.writeHead(204).end()
    if (request.method === 'GET') return void response.writeHead(204, { ...location, range: range() }).end()
    const body = await take(request)
    received = Buffer.concat([received, body])
    if (request.method === 'PATCH') return void response.writeHead(202, { ...location, range: range() }).end()
    const digest = decodeURIComponent(new URLSearchParams(request.query).get('digest') ?? '')
    if (digestOf(received) !== digest) return void response.writeHead(400).end('{"errors":[{"code":"DIGEST_INVALID"}]}')
    stored = digest
    response.writeHead(201, { 'docker-content-digest': digest }).end()
  })
  onTestFinished(() => server[Symbol.asyncDispose]())
  const test = openTestContext()
  onTestFinished(() => test[Symbol.asyncDispose]())
  destination = await openRegistryDestination(
    { transport: 'registry', registry: server.host, repository, tag: 'v1' },
    test.context,
  )
}

const range = () => `0-${Math.max(0, received.byteLength - 1)}`

async function take(request: ScriptedRequest): Promise<Buffer> {
  const body = await request.body()
  lines.push(`${request.method} ${request.headers['content-range'] ?? 'all'} ${body.byteLength}`)
  return body
}

const push = (blob: Node & { content: Buffer }, signal?: AbortSignal) =>
  destination.push(blob, bytesOf(blob.content), signal)
const methods = () => server.log.map(line => line.split(' ')[0]).join(' ')

beforeEach(() => {
  lines = []
  stored = undefined
  received = Buffer.alloc(0)
})

describe('an upload', () => {
  test('of a large blob is one stream and an empty request that finishes it', async () => {
    await start()
    await push(large)
    expect(stored).toBe(large.digest)
    expect(server.log).toEqual([
      'POST /v2/a/blobs/uploads/',
      'PATCH /upload/1',
      `PUT /upload/1?digest=${encodeURIComponent(large.digest)}`,
    ])
    expect(lines).toEqual([`PATCH all ${large.size}`, 'PUT all 0'])
  })

  test.each([
    ['small', small],
    ['empty', blobOf(0)],
  ])('of %s bytes is two requests', async (_, blob) => {
    await start()
    await push(blob)
    expect(methods()).toBe('POST PUT')
    expect(stored).toBe(blob.digest)
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
    expect(server.log[1]).toBe(`PUT ${path}${separator}digest=${encodeURIComponent(small.digest)}`)
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
        if (server.log.at(-1)?.includes('/token')) response.end('{"token":"t"}')
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
    lines.push(`413 for ${headers['content-length']}`)
    response.writeHead(413, { connection: 'close' }).end()
    return true
  }

describe('chunks', () => {
  test('are halved at 413 until they pass, and the next blob begins with what passed', async () => {
    await start(limited(mib))
    await push(large)
    expect(stored).toBe(large.digest)
    expect(lines).toEqual([
      `413 for ${3 * mib}`,
      `413 for ${1.5 * mib}`,
      `PATCH 0-${mib - 1} ${mib}`,
      `PATCH ${mib}-${2 * mib - 1} ${mib}`,
      `PATCH ${2 * mib}-${3 * mib - 1} ${mib}`,
      'PUT all 0',
    ])
    lines = []
    await push(blobOf(2 * mib))
    expect(lines).toEqual([`PATCH 0-${mib - 1} ${mib}`, `PATCH ${mib}-${2 * mib - 1} ${mib}`, 'PUT all 0'])
  })

  test('are not made ever smaller', async () => {
    await start(limited(1000))
    await expect(push(large)).rejects.toMatchObject({
      code: 'too-large',
      hint: expect.stringContaining('client_max_body_size'),
    })
    expect(methods()).toMatch(/DELETE$/)
  })

  test('are as large as OCI-Chunk-Min-Length', async () => {
    await start((request, response) => {
      if (request.method !== 'POST') return limited(2 * mib)(request, response)
      received = Buffer.alloc(0)
      response.writeHead(202, { location: '/upload/1', 'oci-chunk-min-length': String(2 * mib) }).end()
      return true
    })
    await push(large)
    expect(lines.slice(1)).toEqual([
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
    await destination.push(blobOf(2 * mib), bytesOf(blobOf(2 * mib).content))
    await destination.push(large, bytes)
    expect(opened).toEqual([0])
  })
})

describe('an upload that breaks off', () => {
  /** Ends the connection of the first PATCH after `keep` bytes. */
  const breaking = (keep: number): Quirk => {
    let broken = false
    return async request => {
      if (request.method !== 'PATCH' || broken) return false
      broken = true
      const { socket } = request.raw
      const enough = Promise.withResolvers<void>()
      request.raw.on('data', chunk => {
        received = Buffer.concat([received, chunk])
        if (received.byteLength >= keep) enough.resolve()
      })
      await enough.promise
      socket.destroy()
      received = received.subarray(0, keep)
      return true
    }
  }

  test('goes on at the byte that the registry names', async () => {
    await start(breaking(mib))
    await push(large)
    expect(stored).toBe(large.digest)
    expect(methods()).toBe('POST PATCH GET PATCH PUT')
    expect(lines).toEqual([`PATCH ${mib}-${3 * mib - 1} ${2 * mib}`, 'PUT all 0'])
  })

  test('goes on from the start where nothing has arrived: Range 0-0', async () => {
    await start(breaking(0))
    await push(large)
    expect(lines).toEqual([`PATCH all ${3 * mib}`, 'PUT all 0'])
  })

  test.each([404, 405])('begins anew where the registry answers %i to the question', async status => {
    const broken = breaking(mib)
    await start((request, response) => {
      if (request.method !== 'GET') return broken(request, response)
      response.writeHead(status).end()
      return true
    })
    await push(large)
    expect(stored).toBe(large.digest)
    expect(methods()).toBe('POST PATCH GET DELETE POST PATCH PUT')
  })

  test('asks where it stands after 416', async () => {
    let refused = false
    await start(async (request, response) => {
      if (request.method !== 'PATCH' || refused) return false
      refused = true
      received = large.content.subarray(0, 5)
      await request.body()
      response.writeHead(416).end()
      return true
    })
    await push(large)
    expect(lines[0]).toBe(`PATCH 5-${3 * mib - 1} ${3 * mib - 5}`)
  })

  test('sends the rest where a PATCH was taken in part', async () => {
    let partial = true
    await start(async (request, response) => {
      if (request.method !== 'PATCH' || !partial) return false
      partial = false
      received = (await request.body()).subarray(0, mib)
      response.writeHead(202, { location: '/upload/1', range: range() }).end()
      return true
    })
    await push(large)
    expect(lines[0]).toBe(`PATCH ${mib}-${3 * mib - 1} ${2 * mib}`)
  })

  test('is there where only the last answer was lost', async () => {
    await start(async (request, response) => {
      if (request.method !== 'PUT') return false
      await request.body()
      if (stored === undefined) {
        stored = large.digest
        request.raw.socket.destroy()
      } else response.writeHead(404).end()
      return true
    })
    await push(large)
    expect(methods()).toBe('POST PATCH PUT PUT HEAD')
  })

  test('is given up in the end, and the registry told so', async () => {
    await start(async request => {
      if (request.method !== 'PATCH') return false
      request.raw.socket.destroy()
      return true
    })
    await expect(push(large)).rejects.toMatchObject({ code: 'network' })
    expect(methods()).toMatch(/DELETE$/)
    expect(server.log.filter(line => line.startsWith('PATCH'))).toHaveLength(5)
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
  expect(lines).toEqual([`PUT all ${3 * mib}`])
  expect(stored).toBe(large.digest)
})

describe('bytes that throw', () => {
  const failure = new LadingError('network', 'the source broke')
  const failing = (size: number, after: number): Bytes => ({
    size,
    async *open() {
      yield Buffer.alloc(after)
      throw failure
    },
  })

  test.each([
    ['in the middle', 3 * mib, mib],
    ['after the last byte', 3 * mib, 3 * mib],
    ['of a small blob', 1000, 1000],
  ])('%s come out unchanged, with nothing stored and the upload given up', async (_, size, after) => {
    await start()
    await expect(destination.push(blobOf(size), failing(size, after))).rejects.toBe(failure)
    expect(stored).toBeUndefined()
    expect(methods().split(' ').toSorted().join(' ')).toMatch(size > mib ? /^DELETE (PATCH )?POST$/ : /^$/)
  })

  test('more of them than the blob has are an error', async () => {
    await start()
    await expect(destination.push(large, bytesOf(Buffer.alloc(3 * mib + 1)))).rejects.toMatchObject({
      code: 'size-mismatch',
    })
    expect(methods()).not.toContain('PUT')
  })
})

test('an aborted upload is given up at the registry too', async () => {
  const abort = new AbortController()
  await start(request => {
    if (request.method === 'PATCH') abort.abort(new Error('enough'))
    return request.method === 'PATCH'
  })
  await expect(push(large, abort.signal)).rejects.toThrow('enough')
  expect(methods()).toBe('POST PATCH DELETE')
})

describe('a mount', () => {
  const origin = () => ({ registry: server.host, repository: 'from' })
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
    expect(server.log).toEqual([`POST /v2/a/blobs/uploads/?mount=${encodeURIComponent(large.digest)}&from=from`])
  })

  test('answered 202 is the upload that the push goes on with', async () => {
    await start(mounting(202))
    expect(await destination.adopt?.(large, origin())).toBe(false)
    await push(large)
    expect(server.log.slice(1)).toEqual([
      'PATCH /upload/mount',
      `PUT /upload/mount?digest=${encodeURIComponent(large.digest)}`,
    ])
  })

  test('answered 202 and never pushed is given up', async () => {
    await start(mounting(202))
    await destination.adopt?.(large, origin())
    await destination[Symbol.asyncDispose]()
    expect(server.log.slice(1)).toEqual(['DELETE /upload/mount'])
  })

  test.each([403, 404, 405])('answered %i means to move the bytes', async status => {
    await start(mounting(status))
    expect(await destination.adopt?.(large, origin())).toBe(false)
    await push(large)
    expect(stored).toBe(large.digest)
  })

  test('is not asked for from another registry, nor from the same repository', async () => {
    await start()
    expect(await destination.adopt?.(large, { registry: 'other.test', repository: 'from' })).toBe(false)
    expect(await destination.adopt?.(large, { registry: server.host, repository: 'a' })).toBe(false)
    expect(server.log).toEqual([])
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
    response.writeHead(401, { 'www-authenticate': `Bearer realm="${server.origin}/token"`, connection: 'close' }).end()
    return true
  })
  await push(large)
  expect(stored).toBe(large.digest)
  expect(tokens).toBe(2)
})
