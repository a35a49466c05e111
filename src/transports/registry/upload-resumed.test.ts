import { mkdtempSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../../../test/services/temporary-folder.ts'
import { LadingError } from '../../errors/index.ts'
import { type Bytes, bytesOf } from '../../streams/index.ts'
import { layerOf, OneBlobRegistry, type Quirk } from '../../testing/one-blob-registry.ts'
import { openTestContext } from '../../testing/registry-context.ts'
import { openRegistryDestination } from './destination.ts'

const mib = 1024 * 1024
const large = layerOf(32 * mib)
const sent = 24 * mib

/** The blob, of a source that breaks off. */
const broken: Bytes = {
  size: large.size,
  async *open() {
    yield large.content.subarray(0, sent)
    throw new LadingError('network', 'planted')
  },
}

/** A registry that has the beginning of the blob from a copy that was interrupted. */
async function interrupted() {
  let quirk: Quirk = request => {
    if (request.method !== 'PATCH') return false
    request.raw.resume()
    return true
  }
  const registry = await OneBlobRegistry.start((...args) => quirk(...args))
  onTestFinished(() => registry[Symbol.asyncDispose]())
  const test = openTestContext()
  onTestFinished(() => test[Symbol.asyncDispose]())
  const cache = mkdtempSync(path.join(temporaryFolder(), 'cache-'))
  const destination = await openRegistryDestination(
    { transport: 'registry', registry: registry.server.host, repository: 'a', tag: 'v1' },
    { ...test.context, environment: { XDG_CACHE_HOME: cache } },
  )
  const records = () => readdirSync(path.join(cache, 'lading/uploads'))
  await expect(destination.push(large, broken)).rejects.toThrow('planted')
  expect(records()).toHaveLength(1)
  registry.received = Buffer.from(large.content.subarray(0, sent))
  registry.server.log.length = 0
  return {
    registry,
    records,
    push: () => destination.push(large, bytesOf(large.content)),
    onQuestion(answer: Quirk) {
      quirk = (request, response) => (request.method === 'GET' ? answer(request, response) : false)
    },
  }
}

const answering = (status: number, headers: Record<string, string> = {}): Quirk => {
  return (_, response) => {
    response.writeHead(status, { location: '/upload/1', ...headers }).end()
    return true
  }
}

const rest = ['PATCH 25165824-33554431 8388608', 'PUT all 0']
const anew = [`PATCH all ${large.size}`, 'PUT all 0']

test.each<[how: string, Quirk, readonly string[]]>([
  ['where the registry says', () => false, rest],
  ['anew where the session is gone', answering(404), anew],
  ['anew where it is not told how far it came', answering(204), anew],
  ['anew where it is told nonsense', answering(204, { range: 'bytes 5-1/x' }), anew],
  ['anew where it has more than the blob', answering(204, { range: `0-${large.size}` }), anew],
  ['anew where the registry fails', answering(500), anew],
  ['anew where it leads to no place', answering(204, { range: '0-5', location: 'file:///etc/passwd' }), anew],
])('goes on %s', async (_, question, bodies) => {
  const { registry, records, push, onQuestion } = await interrupted()
  onQuestion(question)
  await push()
  expect(registry.stored).toBe(large.digest)
  expect([registry.bodies, records()]).toEqual([bodies, []])
})

test('is only finished where every byte is there', async () => {
  const { registry, records, push, onQuestion } = await interrupted()
  onQuestion(() => false)
  registry.received = large.content
  await push()
  expect([registry.stored, registry.bodies, records()]).toEqual([large.digest, ['PUT all 0'], []])
})

test('what the registry has that is wrong is told, and not gone on with again', async () => {
  const { registry, records, push, onQuestion } = await interrupted()
  onQuestion(() => false)
  registry.received[7] = 0
  await expect(push()).rejects.toMatchObject({ code: 'digest-mismatch' })
  expect([registry.stored, records()]).toEqual([undefined, []])
  await push()
  expect(registry.stored).toBe(large.digest)
})
