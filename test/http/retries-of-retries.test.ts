import type { ServerResponse } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { sourceBytes } from '../../src/copy/source-bytes.ts'
import { defaultRetryPolicy } from '../../src/http/index.ts'
import { bytesOf } from '../../src/streams/index.ts'
import { layerOf, OneBlobRegistry, type Quirk } from '../../src/testing/one-blob-registry.ts'
import { openTestContext } from '../../src/testing/registry-context.ts'
import type { ScriptedRequest } from '../../src/testing/scripted-server.ts'
import { openRegistryDestination } from '../../src/transports/registry/destination.ts'
import { openRegistrySource } from '../../src/transports/registry/open-source.ts'

const { attempts } = defaultRetryPolicy
const blob = layerOf(3 * 1024 * 1024)
const never = new AbortController().signal

async function open(quirk: Quirk) {
  const registry = await OneBlobRegistry.start(quirk)
  onTestFinished(() => registry[Symbol.asyncDispose]())
  const { context, retries, ...test } = openTestContext()
  onTestFinished(() => test[Symbol.asyncDispose]())
  const reference = { transport: 'registry', registry: registry.server.host, repository: 'a', tag: 'v1' } as const
  const destination = await openRegistryDestination(reference, context)
  // From then on it is known how the registry is spoken to.
  await destination.has(layerOf(1), never)
  registry.server.log.length = 0
  return { registry, retries, destination, source: await openRegistrySource(reference, context) }
}

const hangUp = ({ raw }: ScriptedRequest): void => void raw.socket.destroy()
const fail = (_: ScriptedRequest, response: ServerResponse): void => void response.writeHead(503).end()

/** What of an upload fails every time, and how often the registry is asked for that until the upload is given up. */
test.each([
  ['where it begins', 'POST', hangUp, attempts],
  ['where it begins, with 503', 'POST', fail, attempts],
  // not idempotent: the steps of the upload try it again, once for each time that they have asked how far it came
  ['in its bytes', 'PATCH', hangUp, attempts],
  ['in its bytes, with 503', 'PATCH', fail, attempts],
  ['in the question how far it came', 'GET', hangUp, attempts],
  ['where it ends', 'PUT', hangUp, attempts],
  // that may be the session's: one other is begun
  ['where it ends, with 503', 'PUT', fail, 2 * attempts],
] as const)('an upload that fails %s is not tried again by each that tries again', async (_, method, failing, times) => {
  const { registry, destination } = await open((request, response) => {
    const isAsking = method === 'GET' && request.method === 'PATCH'
    if (request.path === '/v2/' || !(request.method === method || isAsking)) return false
    failing(request, response)
    return true
  })
  await expect(destination.push(blob, bytesOf(blob.content))).rejects.toMatchObject({
    message: expect.stringMatching(/\(tried \d+ times in [\d.]+ s\)$/),
  })
  expect(registry.server.log.filter(line => line.startsWith(method))).toHaveLength(times)
})

test.each([
  ['hangs up', hangUp, attempts],
  ['answers 503', fail, attempts],
] as const)('a blob whose registry %s is not asked for again by who reads it', async (_, failing, times) => {
  const { registry, source } = await open((request, response) => {
    if (request.method !== 'GET' || !request.path.includes(blob.digest)) return false
    failing(request, response)
    return true
  })
  const heard: unknown[] = []
  const reading = Array.fromAsync(sourceBytes(blob, source, event => heard.push(event), never).open())
  await expect(reading).rejects.toMatchObject({
    message: expect.stringContaining(`(tried ${attempts} times in 3.8 s)`),
  })
  expect(registry.server.log).toHaveLength(times)
  expect(heard).toEqual([])
})

test('a wait that the registry asks for in the middle of an upload is kept, and one of an hour is not waited', async () => {
  const asked = ['7', '3600']
  const { retries, destination } = await open((request, response) => {
    if (request.method !== 'PATCH') return false
    response.writeHead(503, { 'retry-after': asked.shift() ?? '0' }).end()
    return true
  })
  await expect(destination.push(blob, bytesOf(blob.content))).rejects.toMatchObject({
    code: 'server-error',
    message: expect.stringMatching(/\(tried 2 times in [\d.]+ s; it asks to wait 3600 s\)$/),
  })
  expect(retries).toHaveLength(1)
})

test('the first answer of a registry may ask to wait', async () => {
  const asked = ['0', '3600']
  const registry = await OneBlobRegistry.start((_, response) => {
    response.writeHead(429, { 'retry-after': asked.shift() ?? '0' }).end()
    return true
  })
  onTestFinished(() => registry[Symbol.asyncDispose]())
  const { context, retries, ...test } = openTestContext()
  onTestFinished(() => test[Symbol.asyncDispose]())
  const reference = { transport: 'registry', registry: registry.server.host, repository: 'a', tag: 'v1' } as const
  const source = await openRegistrySource(reference, context)
  await expect(source.resolve()).rejects.toMatchObject({
    code: 'rate-limited',
    message: expect.stringMatching(/it asks to wait 3600 s\)$/),
  })
  expect(retries).toEqual(['it answered 429'])
  expect(registry.server.log).toHaveLength(2)
})
