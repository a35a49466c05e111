import { describe, expect, onTestFinished, test } from 'vitest'
import { LadingError } from '../../errors/index.ts'
import { type Bytes, bytesOf } from '../../streams/index.ts'
import { layerOf, OneBlobRegistry, type Quirk } from '../../testing/one-blob-registry.ts'
import { openTestContext } from '../../testing/registry-context.ts'
import type { ImageDestination } from '../transport.ts'
import { openRegistryDestination } from './destination.ts'

const mib = 1024 * 1024
const large = layerOf(3 * mib)

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
        registry.received = Buffer.concat([registry.received, chunk])
        if (registry.received.byteLength >= keep) enough.resolve()
      })
      await enough.promise
      socket.destroy()
      registry.received = registry.received.subarray(0, keep)
      return true
    }
  }

  test('goes on at the byte that the registry names', async () => {
    await start(breaking(mib))
    await push(large)
    expect(registry.stored).toBe(large.digest)
    expect(registry.methods).toBe('POST PATCH GET PATCH PUT')
    expect(registry.bodies).toEqual([`PATCH ${mib}-${3 * mib - 1} ${2 * mib}`, 'PUT all 0'])
  })

  test('goes on from the start where nothing has arrived: Range 0-0', async () => {
    await start(breaking(0))
    await push(large)
    expect(registry.bodies).toEqual([`PATCH all ${3 * mib}`, 'PUT all 0'])
  })

  test.each([404, 405])('begins anew where the registry answers %i to the question', async status => {
    const broken = breaking(mib)
    await start((request, response) => {
      if (request.method !== 'GET') return broken(request, response)
      response.writeHead(status).end()
      return true
    })
    await push(large)
    expect(registry.stored).toBe(large.digest)
    expect(registry.methods).toBe('POST PATCH GET DELETE POST PATCH PUT')
  })

  test('goes on where the question breaks off too', async () => {
    const broken = breaking(mib)
    let questions = 0
    await start((request, response) => {
      if (request.method !== 'GET') return broken(request, response)
      // as often as one request is tried, but once
      if (++questions > 4) return false
      request.raw.socket.destroy()
      return true
    })
    await push(large)
    expect(registry.bodies[0]).toBe(`PATCH ${mib}-${3 * mib - 1} ${2 * mib}`)
  })

  test('asks where it stands after 416', async () => {
    let refused = false
    await start(async (request, response) => {
      if (request.method !== 'PATCH' || refused) return false
      refused = true
      registry.received = large.content.subarray(0, 5)
      await request.body()
      response.writeHead(416).end()
      return true
    })
    await push(large)
    expect(registry.bodies[0]).toBe(`PATCH 5-${3 * mib - 1} ${3 * mib - 5}`)
  })

  test('sends the rest where a PATCH was taken in part', async () => {
    let partial = true
    await start(async (request, response) => {
      if (request.method !== 'PATCH' || !partial) return false
      partial = false
      registry.received = (await request.body()).subarray(0, mib)
      response.writeHead(202, { location: '/upload/1', range: registry.range }).end()
      return true
    })
    await push(large)
    expect(registry.bodies[0]).toBe(`PATCH ${mib}-${3 * mib - 1} ${2 * mib}`)
  })

  test('is there where only the last answer was lost', async () => {
    await start(async (request, response) => {
      if (request.method !== 'PUT') return false
      await request.body()
      if (registry.stored === undefined) {
        registry.stored = large.digest
        request.raw.socket.destroy()
      } else response.writeHead(404).end()
      return true
    })
    await push(large)
    expect(registry.methods).toBe('POST PATCH PUT PUT HEAD')
  })

  test('is given up in the end, and the registry told so', async () => {
    await start(async request => {
      if (request.method !== 'PATCH') return false
      request.raw.socket.destroy()
      return true
    })
    await expect(push(large)).rejects.toMatchObject({ code: 'network' })
    expect(registry.methods).toMatch(/DELETE$/)
    expect(registry.server.log.filter(line => line.startsWith('PATCH'))).toHaveLength(5)
  })
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
    await expect(destination.push(layerOf(size), failing(size, after))).rejects.toBe(failure)
    expect(registry.stored).toBeUndefined()
    expect(registry.methods.split(' ').toSorted().join(' ')).toMatch(size > mib ? /^DELETE (PATCH )?POST$/ : /^$/)
  })

  test('more of them than the blob has are an error', async () => {
    await start()
    await expect(destination.push(large, bytesOf(Buffer.alloc(3 * mib + 1)))).rejects.toMatchObject({
      code: 'size-mismatch',
    })
    expect(registry.methods).not.toContain('PUT')
  })
})

test('an aborted upload is given up at the registry too', async () => {
  const abort = new AbortController()
  await start(request => {
    if (request.method === 'PATCH') abort.abort(new Error('enough'))
    return request.method === 'PATCH'
  })
  await expect(push(large, abort.signal)).rejects.toThrow('enough')
  expect(registry.methods).toBe('POST PATCH DELETE')
})
