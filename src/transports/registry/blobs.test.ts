import { describe, expect, onTestFinished, test } from 'vitest'
import type { Node } from '../../model/descriptor.ts'
import { digestOf } from '../../model/digest.ts'
import { type ByteRange, readAll } from '../../streams/index.ts'
import { openTestContext } from '../../testing/registry-context.ts'
import { type Script, startScriptedServer } from '../../testing/scripted-server.ts'
import { openRegistryDestination } from './destination.ts'
import { openRegistrySource } from './open-source.ts'
import type { RegistryReference } from './reference.ts'

const content = Buffer.from('0123456789')
const blob: Node = { kind: 'layer', mediaType: 'x', digest: digestOf(content), size: content.byteLength }

async function open(script: Script) {
  const server = await startScriptedServer(script)
  onTestFinished(() => server[Symbol.asyncDispose]())
  const test = openTestContext()
  onTestFinished(() => test[Symbol.asyncDispose]())
  const reference: RegistryReference = { transport: 'registry', registry: server.host, repository: 'a', tag: 'v1' }
  const source = await openRegistrySource(reference, test.context)
  const destination = await openRegistryDestination(reference, test.context)
  const read = async (range?: ByteRange) => String(Buffer.from(await readAll(source.fetch(blob, range), 100, 'it')))
  return { server, read, destination }
}

describe('reading', () => {
  test.each<[ByteRange | undefined, string, string | undefined]>([
    [undefined, '0123456789', undefined],
    [{ start: 0 }, '0123456789', undefined],
    [{ start: 0, end: 10 }, '0123456789', undefined],
    [{ start: 4 }, '456789', 'bytes=4-9'],
    [{ start: 4, end: 6 }, '45', 'bytes=4-5'],
    [{ start: 4, end: 99 }, '456789', 'bytes=4-9'],
  ])('%o, from a registry that knows ranges and from one that does not', async (range, expected, header) => {
    const knows = await open(({ headers }, response) => {
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? []
      if (from === undefined) return void response.end(content)
      response
        .writeHead(206, { 'content-range': `bytes ${from}-${to}/10` })
        .end(content.subarray(Number(from), Number(to) + 1))
    })
    expect(await knows.read(range)).toBe(expected)
    expect(knows.server.requests[0]?.headers).toMatchObject({ 'accept-encoding': 'identity' })
    expect(knows.server.requests[0]?.headers.range).toBe(header)
    const ignores = await open((_, response) => void response.end(content))
    expect(await ignores.read(range)).toBe(expected)
  })

  test('an empty range asks for nothing', async () => {
    const { read, server } = await open((_, response) => void response.end(content))
    expect(await read({ start: 10 })).toBe('')
    expect(server.log).toEqual([])
  })

  test.each(['bytes 3-9/10', 'bytes 4-9/11', 'nonsense', ''])('a 206 of range %o is an error', async range => {
    const { read } = await open((_, response) => void response.writeHead(206, { 'content-range': range }).end('456789'))
    await expect(read({ start: 4 })).rejects.toMatchObject({ code: 'protocol-error' })
  })

  test('an absent blob is told by its digest', async () => {
    const { read } = await open((_, response) => void response.writeHead(404).end())
    await expect(read()).rejects.toMatchObject({
      code: 'blob-not-found',
      message: expect.stringContaining(blob.digest),
    })
  })
})

describe('asking whether a blob is there', () => {
  test.each([
    [200, { 'content-length': '10' }, true],
    [200, { 'content-length': '11' }, false],
    [200, { 'transfer-encoding': 'chunked' }, true],
    [404, {}, false],
  ])('%i with %o', async (status, headers: Record<string, string>, expected) => {
    const { destination, server } = await open((_, response) => void response.writeHead(status, headers).end())
    expect(await destination.has(blob)).toBe(expected)
    expect(server.log).toEqual([`HEAD /v2/a/blobs/${blob.digest}`])
  })

  test.each([400, 405])('GET where HEAD is answered %i', async status => {
    const { destination } = await open(({ method }, response) => {
      if (method === 'HEAD') response.writeHead(status, { 'docker-distribution-api-version': 'registry/2.0' }).end()
      else response.end(content)
    })
    expect(await destination.has(blob)).toBe(true)
  })

  test('GET where the store that is redirected to refuses HEAD', async () => {
    const { destination } = await open(({ method, path }, response) => {
      if (path !== '/store') response.writeHead(307, { location: '/store?sig=x' }).end()
      else
        response
          .writeHead(method === 'HEAD' ? 403 : 200, { 'content-length': '10' })
          .end(method === 'HEAD' ? '' : content)
    })
    expect(await destination.has(blob)).toBe(true)
  })

  test('a refusal is not an absence', async () => {
    const { destination } = await open((_, response) => void response.writeHead(403).end())
    await expect(destination.has(blob)).rejects.toMatchObject({ code: 'denied' })
  })
})
