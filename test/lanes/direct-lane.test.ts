import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { isLadingError } from '../../src/errors/index.ts'
import { inspectImage } from '../../src/index.ts'
import { digestOf } from '../../src/model/digest.ts'
import { temporaryName } from '../../src/stores/local/temporary-file.ts'
import { type BuiltImage, buildImage } from '../../src/testing/build-image.ts'
import { filesBelow } from '../e2e/lading.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { copyWithLanes, type LaneCopy, progressOf, serveImage } from './copy-with-lanes.ts'
import { openBelow } from './try-download.ts'

const mib = 1024 * 1024
const large = randomBytes(6 * mib)
const image = buildImage({ layers: [large, randomBytes(5 * mib), randomBytes(1000)] })
const bucket = (folder: string) => `local://${folder}/bucket//app:v1`
const layout = (folder: string) => `oci:${folder}/layout:v1`
const directory = (folder: string) => `dir:${folder}/directory`

afterEach(() => {
  expect(openBelow(temporaryFolder())).toEqual([])
})

/** What does not differ from one copy to the next. */
const outcomeOf = ({ result, folder }: LaneCopy) => ({
  ...result,
  destination: result?.destination.replace(folder, ''),
  seconds: 0,
})

function failureOf({ error, folder }: LaneCopy) {
  if (!isLadingError(error)) throw error ?? new Error('the copy succeeded')
  const { code, message, side, subject, operation, hint, status } = error
  return { code, message, side, subject: subject?.replace(folder, ''), operation, hint, status }
}

async function leftIn({ folder }: LaneCopy): Promise<string[]> {
  const files = await filesBelow(folder)
  return files.filter(file => /lading\/tmp|manifests\/|index\.json|blobs\/.*\/(?![0-9a-f]+$)/.test(file))
}

function damaged(whole: BuiltImage): BuiltImage {
  const blobs = new Map(whole.blobs)
  const wrong = Buffer.from(large)
  wrong[mib] = (wrong[mib] ?? 0) ^ 1
  blobs.set(digestOf(large), wrong)
  return { ...whole, blobs }
}

describe.each([
  ['a bucket', bucket],
  ['a layout', layout],
  ['a directory', directory],
])('from a registry to %s', (_, destination) => {
  test('the result is that of the stream, and no thread is used where the stream is wanted', async () => {
    const registry = await serveImage(image)
    const source = `${registry.host}/app:v1`
    const direct = await copyWithLanes(source, destination)
    const stream = await copyWithLanes(source, destination, { lanes: 'stream' })
    expect([direct.threads > 0, stream.threads]).toEqual([true, 0])
    expect(outcomeOf(direct)).toEqual(outcomeOf(stream))
    expect(direct.result?.blobs.copied).toBe(image.blobs.size - 1)
    expect(await filesBelow(direct.folder)).toEqual(await filesBelow(stream.folder))
    expect(progressOf(direct.events)).toEqual(progressOf(stream.events))
    expect(progressOf(direct.events).get(digestOf(large))).toBe(large.byteLength)
    expect((await inspectImage(destination(direct.folder))).digest).toBe(image.root.digest)
  })

  test('a wrong byte is the error of the stream, and nothing is left but what is whole', async () => {
    const registry = await serveImage(damaged(image))
    const source = `${registry.host}/app:v1`
    const direct = await copyWithLanes(source, destination, { jobs: 1 })
    const stream = await copyWithLanes(source, destination, { jobs: 1, lanes: 'stream' })
    expect(failureOf(direct)).toMatchObject({ code: 'digest-mismatch', side: 'source' })
    expect(failureOf(direct)).toEqual(failureOf(stream))
    expect(progressOf(direct.events).get(digestOf(large))).toBe(large.byteLength)
    expect(await leftIn(direct)).toEqual([])
  })

  test('an abort in the middle leaves no temporary file', async () => {
    const registry = await serveImage(image)
    const stop = new AbortController()
    const copied = await copyWithLanes(`${registry.host}/app:v1`, destination, {
      signal: stop.signal,
      onEvent: event => event.type === 'progress' && stop.abort(),
    })
    expect(failureOf(copied)).toMatchObject({ code: 'interrupted' })
    expect(await leftIn(copied)).toEqual([])
  })
})

describe('a registry', () => {
  test.each([
    ['that redirects to another origin, which refuses authorization', { redirectsBlobs: true }],
    ['that knows no ranges', { ignoresRange: true }],
    ['that compresses what it sends', { compressesBlobs: true }],
  ])('%s gives the image', async (_, quirks) => {
    const registry = await serveImage(image, { auth: 'token', quirks })
    const { result, threads, error } = await copyWithLanes(`${registry.host}/app:v1`, bucket)
    expect(error).toBeUndefined()
    expect([result?.digest, threads > 0]).toEqual([image.root.digest, true])
  })

  test('that revokes its tokens meanwhile gives the image', async () => {
    const registry = await serveImage(image, { auth: 'token' })
    let isRevoked = false
    const { result, error, events } = await copyWithLanes(`${registry.host}/app:v1`, bucket, {
      jobs: 1,
      onEvent(event) {
        if (event.type !== 'started' || isRevoked) return
        isRevoked = true
        registry.revokeTokens()
      },
    })
    expect(error).toBeUndefined()
    expect(result?.digest).toBe(image.root.digest)
    expect(progressOf(events).get(digestOf(large))).toBe(large.byteLength)
  })

  test('that has too much to do for a while gives the image, and the retries are heard', async () => {
    const registry = await serveImage(image)
    const { result, events } = await copyWithLanes(`${registry.host}/app:v1`, bucket, {
      jobs: 1,
      onEvent(event) {
        if (event.type === 'started' && event.size === large.byteLength)
          registry.quirks.tooManyRequests = { times: 2, retryAfter: '0' }
      },
    })
    expect(result?.digest).toBe(image.root.digest)
    expect(events.filter(({ type }) => type === 'retried').length).toBeGreaterThanOrEqual(2)
  })

  test('that lost a layer is told of as the stream tells it', async () => {
    const registry = await serveImage(image)
    registry.repository('app').blobs.delete(digestOf(large))
    const direct = await copyWithLanes(`${registry.host}/app:v1`, bucket, { jobs: 1 })
    const stream = await copyWithLanes(`${registry.host}/app:v1`, bucket, { jobs: 1, lanes: 'stream' })
    expect(failureOf(direct)).toMatchObject({ code: 'blob-not-found' })
    expect(failureOf(direct)).toEqual(failureOf(stream))
  })
})

describe('what an earlier copy has received', () => {
  const half = 12 * mib
  const layer = randomBytes(24 * mib)
  const whole = buildImage({ layers: [layer] })
  const digest = digestOf(layer)

  test.each([
    ['is not asked for again', {}, 12 * mib],
    // the answer that the direct lane declines counts too
    ['is asked for again where the registry knows no ranges', { ignoresRange: true }, -24 * mib],
  ])('%s, in any lane', async (_, quirks, spared) => {
    const [tag, , , ...rest] = (await temporaryName(digest.replace(':', '-'))).split('-')
    const left = (folder: string) => {
      mkdirSync(path.join(folder, 'bucket/lading/tmp'), { recursive: true })
      writeFileSync(path.join(folder, 'bucket/lading/tmp', [tag, 0, 0, ...rest].join('-')), layer.subarray(0, half))
      return bucket(folder)
    }
    for (const lanes of ['direct', 'stream']) {
      const registry = await serveImage(whole, { quirks })
      const copied = await copyWithLanes(`${registry.host}/app:v1`, left, { lanes, jobs: 1 })
      expect([copied.error, copied.result?.digest]).toEqual([undefined, whole.root.digest])
      expect(progressOf(copied.events).get(digest)).toBe(layer.byteLength)
      expect((await leftIn(copied)).filter(file => file.includes('lading/tmp'))).toEqual([])
      const sent = registry.requests.reduce((sum, { responseBytes }) => sum + responseBytes, 0)
      expect(sent).toBeLessThan(layer.byteLength - spared + 3 * mib)
    }
  })
})

test('several copies into one bucket at once give one whole bucket', async () => {
  const registry = await serveImage(image)
  const source = `${registry.host}/app:v1`
  const first = await copyWithLanes(source, bucket)
  const into = (tag: string) => () => `local://${first.folder}/other//app:${tag}`
  const copies = await Promise.all(['a', 'b', 'c'].map(tag => copyWithLanes(source, into(tag))))
  expect(copies.map(({ error, result }) => error ?? result?.digest)).toEqual(copies.map(() => image.root.digest))
  expect((await filesBelow(`${first.folder}/other`)).filter(file => file.startsWith('lading/tmp'))).toEqual([])
})

test('lanes that there are none of are an error before anything is done', async () => {
  const copied = await copyWithLanes('127.0.0.1:1/app:v1', bucket, { lanes: 'fast' })
  expect(failureOf(copied)).toMatchObject({ code: 'bad-argument', message: 'LADING_LANES is "fast"' })
  expect(await filesBelow(copied.folder)).toEqual([])
})
