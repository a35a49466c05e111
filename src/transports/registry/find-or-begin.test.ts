import { expect, onTestFinished, test } from 'vitest'
import { bytesOf } from '../../streams/index.ts'
import { layerOf, OneBlobRegistry, type Quirk } from '../../testing/one-blob-registry.ts'
import { openTestContext } from '../../testing/registry-context.ts'
import type { ImageDestination } from '../transport.ts'
import { openRegistryDestination } from './destination.ts'

const blob = layerOf(1000)

async function start(quirk: Quirk): Promise<{ registry: OneBlobRegistry; destination: ImageDestination }> {
  const registry = await OneBlobRegistry.start(quirk)
  onTestFinished(() => registry[Symbol.asyncDispose]())
  const test = openTestContext()
  onTestFinished(() => test[Symbol.asyncDispose]())
  const reference = { transport: 'registry', registry: registry.server.host, repository: 'a', tag: 'v1' } as const
  return { registry, destination: await openRegistryDestination(reference, test.context) }
}

/** Says of every mount that it is done, and answers HEAD as it is told. */
const mountsEverything =
  (status: number, length: number): Quirk =>
  ({ method, query }, response) => {
    const isMount = query.includes('mount=')
    if (isMount) response.writeHead(201).end()
    else if (method === 'HEAD') response.writeHead(status, { 'content-length': length }).end()
    return isMount || method === 'HEAD'
  }

test.each([
  ['is not there', 404, 0],
  ['has another size', 200, 999],
])('a blob that a registry says that it has mounted, and that %s, is sent', async (_, status, length) => {
  const { registry, destination } = await start(mountsEverything(status, length))
  expect(await destination.findOrBegin?.(blob)).toBe(false)
  await destination.push(blob, bytesOf(blob.content))
  expect(registry.stored).toBe(blob.digest)
})

test('a blob that is there is not sent', async () => {
  const { destination } = await start(mountsEverything(200, 1000))
  expect(await destination.findOrBegin?.(blob)).toBe(true)
})
