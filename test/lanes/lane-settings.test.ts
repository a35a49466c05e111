import { randomBytes } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { withForeignLayers } from '../../src/copy/foreign-source.ts'
import type { Node } from '../../src/model/descriptor.ts'
import { digestOf } from '../../src/model/digest.ts'
import { buildImage } from '../../src/testing/build-image.ts'
import { lading } from '../e2e/lading.ts'
import { copyWithLanes, serveImage } from './copy-with-lanes.ts'

const workers = vi.hoisted(() => ({ areRefused: false }))
vi.mock('node:worker_threads', async importOriginal => {
  const original = await importOriginal<typeof import('node:worker_threads')>()
  class Refusable extends original.Worker {
    constructor(...args: ConstructorParameters<typeof original.Worker>) {
      if (workers.areRefused) throw new Error('no memory for a thread')
      super(...args)
    }
  }
  return { ...original, Worker: Refusable }
})

const large = randomBytes(5 * 1024 * 1024)
const image = buildImage({ layers: [large, randomBytes(5 * 1024 * 1024)] })
const bucket = (folder: string) => `local://${folder}/bucket//app:v1`

test('a machine that starts no thread moves large blobs as streams, and one warning says so', async () => {
  workers.areRefused = true
  try {
    const registry = await serveImage(image)
    const { result, error, events, threads } = await copyWithLanes(`${registry.host}/app:v1`, bucket)
    expect([error, result?.digest, threads]).toEqual([undefined, image.root.digest, 0])
    const warnings = events.filter(({ type }) => type === 'warning')
    expect(warnings).toEqual([
      { type: 'warning', message: 'large blobs are moved without threads: no memory for a thread' },
    ])
  } finally {
    workers.areRefused = false
  }
})

test('a request of a thread is heard of, and is sent once where nothing is to be tried again', async () => {
  const registry = await serveImage(image)
  const requests: string[] = []
  const { error, threads } = await copyWithLanes(`${registry.host}/app:v1`, bucket, {
    jobs: 1,
    retryRequests: false,
    // what looks for attachments meanwhile would be answered so
    referrers: false,
    onEvent(event) {
      if (event.type === 'started' && event.size === large.byteLength)
        registry.quirks.tooManyRequests = { times: 1, retryAfter: '0' }
    },
    onRequest: ({ url, status }) => requests.push(`${new URL(url).pathname} ${status}`),
  })
  expect(error).toMatchObject({ code: 'rate-limited', side: 'source' })
  expect(threads).toBe(1)
  expect(requests.filter(each => each.endsWith(' 429'))).toHaveLength(1)
})

test('--debug shows what the threads ask', async () => {
  const registry = await serveImage(image)
  const { code, stderr } = await lading(['--debug', 'copy', `${registry.host}/app:v1`, 'local://./bucket//app:v1'], {
    env: { LADING_LANES: 'direct' },
  })
  expect(code).toBe(0)
  expect(stderr).toMatch(new RegExp(`GET http://${registry.host}/v2/app/blobs/${digestOf(large)}.* 200`))
})

test('a layer that is kept elsewhere is not located', async () => {
  const located: string[] = []
  const source = {
    name: 'source',
    locate: async ({ digest }: Node) => void located.push(digest),
  } as unknown as Parameters<typeof withForeignLayers>[0] // only this is asked of it
  const here: Node = { kind: 'layer', mediaType: 'a/b', digest: digestOf(large), size: 5 }
  const foreign = withForeignLayers(source, () => Promise.reject(new Error('nobody is asked')))
  expect(await foreign.locate?.({ ...here, urls: ['https://vendor.example/layer'] })).toBeUndefined()
  expect(located).toEqual([])
  await foreign.locate?.({ ...here, urls: [] })
  await foreign.locate?.(here)
  expect(located).toEqual([here.digest, here.digest])
})
