import { describe, expect, onTestFinished, test } from 'vitest'
import { createDraft } from '../../streams/index.ts'
import { startFakeRegistry } from '../../testing/fake-registry.ts'
import type { RegistryQuirks } from '../../testing/fake-registry-quirks.ts'
import { layerOf, OneBlobRegistry, type Quirk } from '../../testing/one-blob-registry.ts'
import { openTestContext } from '../../testing/registry-context.ts'
import type { ImageDestination } from '../transport.ts'
import { openRegistryDestination } from './destination.ts'

const mib = 1024 * 1024
const piece = 8 * mib
const large = layerOf(20 * mib)

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

async function* chunksOf(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.byteLength; at += 100_003) yield content.subarray(at, at + 100_003)
}

const push = (content: Uint8Array, signal?: AbortSignal) =>
  destination.pushDraft?.(createDraft(chunksOf(content)), signal)

const wholePieces = [
  `PATCH 0-${piece - 1} ${piece}`,
  `PATCH ${piece}-${2 * piece - 1} ${piece}`,
  `PATCH ${2 * piece}-${20 * mib - 1} ${4 * mib}`,
]

describe('a draft', () => {
  test.each([0, 1000, 200_000])('of %i bytes is an upload of known digest, in two requests', async size => {
    await start()
    await push(layerOf(size).content)
    expect(registry.methods).toBe('POST PUT')
    expect(registry.stored).toBe(layerOf(size).digest)
  })

  test('larger than a piece goes up in pieces, and an empty request finishes it', async () => {
    await start()
    await push(large.content)
    expect(registry.stored).toBe(large.digest)
    expect(registry.bodies).toEqual([...wholePieces, 'PUT all 0'])
  })

  test('no more is read ahead than the piece that is sent and the next', async () => {
    let read = 0
    const ahead: number[] = []
    await start(({ method, headers }) => {
      const from = /^(\d+)-/.exec(headers['content-range'] ?? '')?.[1]
      if (method === 'PATCH') ahead.push(read - Number(from))
      return false
    })
    async function* source() {
      for await (const chunk of chunksOf(large.content)) {
        read += chunk.byteLength
        yield chunk
      }
    }
    await destination.pushDraft?.(createDraft(source()))
    expect(ahead).toHaveLength(3)
    expect(Math.max(...ahead)).toBeLessThanOrEqual(2 * piece + 100_003)
  })

  test('that throws is given up, and nothing is stored', async () => {
    for (const after of [1000, 9 * mib, 20 * mib]) {
      await start()
      const failure = new Error('planted')
      const failing = async function* () {
        yield* chunksOf(large.content.subarray(0, after))
        throw failure
      }
      await expect(destination.pushDraft?.(createDraft(failing()))).rejects.toBe(failure)
      expect(registry.stored).toBeUndefined()
      expect(registry.methods).toMatch(after === 1000 ? /^$/ : /^POST.*DELETE$/)
    }
  })
})

describe('pieces', () => {
  test('are cut smaller at 413', async () => {
    await start(({ method, headers }, response) => {
      if (method !== 'PATCH' || Number(headers['content-length']) <= 5 * mib) return false
      response.writeHead(413, { connection: 'close' }).end()
      return true
    })
    await push(large.content)
    expect(registry.stored).toBe(large.digest)
    expect(registry.bodies.map(body => Number(body.split(' ')[2]) / mib)).toEqual([4, 4, 4, 4, 4, 0])
  })

  test.each([
    [16, [16, 4, 0]],
    // what would not fit into memory waits on the disk for its digest
    [100, [20, 0]],
  ])('are as large as a registry wants them: %i MiB', async (wanted, sent) => {
    await start((request, response) => {
      if (request.method !== 'POST') return false
      registry.received = Buffer.alloc(0)
      response.writeHead(202, { location: '/upload/1', 'oci-chunk-min-length': String(wanted * mib) }).end()
      return true
    })
    await push(large.content)
    expect(registry.stored).toBe(large.digest)
    expect(registry.bodies.map(body => Number(body.split(' ')[2]) / mib)).toEqual(sent)
  })

  test.each([405, 501])('are refused with %i: all goes with the request that finishes it', async status => {
    await start(async (request, response) => {
      if (request.method !== 'PATCH') return false
      await request.body()
      response.writeHead(status).end()
      return true
    })
    await push(large.content)
    expect(registry.bodies).toEqual([`PUT all ${20 * mib}`])
    expect(registry.stored).toBe(large.digest)
  })

  test('are refused when some have been taken: that is an error, and nothing is stored', async () => {
    await start(async (request, response) => {
      if (request.method !== 'PATCH' || registry.received.byteLength === 0) return false
      await request.body()
      response.writeHead(405).end()
      return true
    })
    await expect(push(large.content)).rejects.toMatchObject({ code: 'protocol-error' })
    expect(registry.stored).toBeUndefined()
    expect(registry.methods).toMatch(/DELETE$/)
  })
})

describe('a draft whose upload breaks off', () => {
  /** Ends the connection of the PATCH that begins at `start` when all but `kept` of its bytes are lost, once. */
  const breaking = (start: number, kept: number): Quirk => {
    let broken = false
    return async request => {
      if (broken || !request.headers['content-range']?.startsWith(`${start}-`)) return false
      broken = true
      const body = await request.body()
      registry.received = Buffer.concat([registry.received, body.subarray(0, kept)])
      request.raw.socket.destroy()
      return true
    }
  }

  test.each([
    ['first', 0],
    ['second', piece],
  ])('in its %s piece goes on at the byte that the registry names', async (_, at) => {
    await start(breaking(at, mib))
    await push(large.content)
    expect(registry.stored).toBe(large.digest)
    expect(registry.bodies).toContain(`PATCH ${at + mib}-${at + piece - 1} ${7 * mib}`)
  })

  const forgetting = (broken: Quirk): Quirk => {
    return (request, response) => {
      if (request.method !== 'GET') return broken(request, response)
      response.writeHead(404).end()
      return true
    }
  }

  test('in its first piece begins anew where the registry has forgotten it', async () => {
    await start(forgetting(breaking(0, mib)))
    await push(large.content)
    expect(registry.stored).toBe(large.digest)
    expect(registry.methods).toBe('POST PATCH GET DELETE POST PATCH PATCH PATCH PUT')
  })

  test('in a later piece fails where the registry has forgotten it, and nothing is stored', async () => {
    await start(forgetting(breaking(piece, mib)))
    await expect(push(large.content)).rejects.toMatchObject({ code: 'network' })
    expect(registry.stored).toBeUndefined()
  })

  test('in a later piece fails where the registry has lost an earlier one', async () => {
    const broken = breaking(piece, 0)
    await start((request, response) => {
      if (request.method === 'GET') registry.received = Buffer.alloc(5)
      return broken(request, response)
    })
    await expect(push(large.content)).rejects.toMatchObject({ code: 'network' })
    expect(registry.stored).toBeUndefined()
  })

  test.each([
    ['the answer is', 1, 'POST PATCH PATCH PATCH PUT PUT HEAD'],
    ['all answers are', 100, 'POST PATCH PATCH PATCH PUT PUT PUT PUT PUT HEAD'],
  ])('when it was stored is stored, where %s lost', async (_, times, methods) => {
    let left = times
    await start((request, response) => {
      if (request.method === 'PUT' && left-- > 0) {
        registry.stored = large.digest
        request.raw.socket.destroy()
        return true
      }
      if (registry.stored === undefined || request.path.includes('/blobs/sha')) return false
      response.writeHead(404).end()
      return true
    })
    await push(large.content)
    expect(registry.methods).toBe(methods)
  })
})

describe.each<[string, Partial<RegistryQuirks>]>([
  ['is', {}],
  ['names uploads whole', { uploadLocation: 'absolute' }],
  ['names uploads elsewhere', { uploadLocation: 'other-origin' }],
  ['takes nothing large', { maxBodyBytes: 3 * mib }],
  ['is busy', { tooManyRequests: { times: 2, retryAfter: '0' } }],
  ['says that nothing is one byte', { emptyRange: true }],
])('a registry that %s', (_, quirks) => {
  test('takes a draft', async () => {
    await using fake = await startFakeRegistry({ quirks })
    await using opened = openTestContext()
    const reference = { transport: 'registry', registry: fake.host, repository: 'a', tag: 'v1' } as const
    await using to = await openRegistryDestination(reference, opened.context)
    await to.pushDraft?.(createDraft(chunksOf(large.content)))
    expect(fake.repository('a').blobs.get(large.digest)?.byteLength).toBe(large.size)
  })
})
