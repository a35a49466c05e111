import { randomBytes } from 'node:crypto'
import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished } from 'vitest'
import { inspectImage } from '../../src/index.ts'
import { digestOf, digestParts } from '../../src/model/digest.ts'
import { buildImage } from '../../src/testing/build-image.ts'
import type { ContractCase } from '../../src/testing/contract.ts'
import type { RecordedRequest } from '../../src/testing/recorded-request.ts'
import { lading } from '../e2e/lading.ts'
import { startProxy } from '../services/start-proxy.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { environmentOf, type S3Place, sdkClient } from '../stores/s3-place.ts'
import { copyWithLanes, progressOf, serveImage } from './copy-with-lanes.ts'

const mib = 1024 * 1024
/** Parts of 8 MiB are sent: four of the large one, the last of them smaller. */
const large = randomBytes(27 * mib)
const image = buildImage({ layers: [large, randomBytes(20 * mib), randomBytes(5 * mib), randomBytes(1000)] })
const { hex } = digestParts(digestOf(large))

async function enter(place: S3Place): Promise<Readonly<Record<string, string | undefined>>> {
  const environment = environmentOf(place, await mkdtemp(path.join(temporaryFolder(), 'cache-')))
  const before = { ...process.env }
  Object.assign(process.env, environment)
  onTestFinished(() => {
    for (const name of Object.keys(environment)) delete process.env[name]
    Object.assign(process.env, before)
  })
  return environment
}

/** Keys, sizes and entity tags of a bucket, which tell of how an object was put together. */
async function contentsOf(place: S3Place, bucket: string): Promise<string[]> {
  const { Contents = [] } = await sdkClient(place).listObjectsV2({ Bucket: bucket })
  return Contents.map(({ Key = '', Size, ETag }) => `${Key} ${Size} ${Key.startsWith('blobs/') ? ETag : ''}`)
}

async function unfinishedIn(place: S3Place, bucket: string): Promise<number> {
  return (await sdkClient(place).listMultipartUploads({ Bucket: bucket })).Uploads?.length ?? 0
}

const partsIn = (requests: readonly RecordedRequest[]) =>
  requests
    .filter(({ method, status, path: target }) => method === 'PUT' && status === 200 && target.includes(hex))
    .map(({ path: target }) => Number(/partNumber=(\d+)/.exec(target)?.[1]))

/** What must hold of the relay from a registry to a server of S3. */
export const registryToS3Cases: readonly ContractCase<S3Place>[] = [
  [
    'the bucket is that of the stream, and each part is sent once',
    async place => {
      const registry = await serveImage(image)
      await using proxy = await startProxy(place.url)
      await enter({ ...place, url: proxy.url })
      const [one, other] = [sdkClient(place), sdkClient(place)]
      await one.createBucket({ Bucket: 'direct' })
      await other.createBucket({ Bucket: 'stream' })
      const requests: string[] = []
      const direct = await copyWithLanes(`${registry.host}/app:v1`, () => 's3://direct/app:v1', {
        lanes: 'direct',
        onRequest: ({ method, url }) => requests.push(`${method} ${url}`),
      })
      expect(direct.error).toBeUndefined()
      expect(direct.threads).toBeGreaterThan(0)
      expect(partsIn(proxy.requests).sort()).toEqual([1, 2, 3, 4])
      const stream = await copyWithLanes(`${registry.host}/app:v1`, () => 's3://stream/app:v1', { lanes: 'stream' })
      expect(stream.error).toBeUndefined()
      expect([direct.result?.digest, stream.threads]).toEqual([image.root.digest, 0])
      expect(progressOf(direct.events)).toEqual(progressOf(stream.events))
      expect(await contentsOf(place, 'direct')).toEqual(await contentsOf(place, 'stream'))
      expect(await unfinishedIn(place, 'direct')).toBe(0)
      // what the threads ask is heard of as everything else is
      expect(requests.filter(each => each.startsWith('PUT') && each.includes(hex))).toHaveLength(4)
      expect(requests.filter(each => each.startsWith('GET') && each.includes(hex))).toHaveLength(4)
      expect(requests.join('\n')).not.toMatch(/Signature=[0-9a-f]{8}/)
    },
  ],
  [
    'a copy that was killed in the middle sends what is missing',
    async place => {
      const registry = await serveImage(image)
      await using proxy = await startProxy(place.url)
      const env = await enter({ ...place, url: proxy.url })
      await sdkClient(place).createBucket({ Bucket: 'killed' })
      proxy.fault({ method: 'PUT', path: /partNumber=[34](&|$)/, delayMilliseconds: 3000 })
      const copy = ['copy', '--jobs', '1', `${registry.host}/app:v1`, 's3://killed/app:v1']
      const run = await lading(copy, {
        env: { ...env, LADING_LANES: 'direct' },
        during: child =>
          void (async () => {
            while (partsIn(proxy.requests).length < 2 && child.exitCode === null) await sleep(10)
            child.kill('SIGKILL')
          })(),
      })
      expect([run.signal, partsIn(proxy.requests).sort()]).toEqual(['SIGKILL', [1, 2]])
      proxy.clearFaults()
      proxy.requests.length = 0
      const again = await copyWithLanes(`${registry.host}/app:v1`, () => 's3://killed/app:v1', { lanes: 'direct' })
      expect([again.error, again.threads > 0]).toEqual([undefined, true])
      expect(partsIn(proxy.requests).sort()).toEqual([3, 4])
      expect((await inspectImage('s3://killed/app:v1')).digest).toBe(image.root.digest)
      expect(await unfinishedIn(place, 'killed')).toBe(0)
    },
  ],
  [
    'wrong bytes are the error of the stream, and no part of them stays',
    async place => {
      const blobs = new Map(image.blobs)
      const wrong = Buffer.from(large)
      wrong[mib] = (wrong[mib] ?? 0) ^ 1
      blobs.set(digestOf(large), wrong)
      const registry = await serveImage({ ...image, blobs })
      await enter(place)
      await sdkClient(place).createBucket({ Bucket: 'wrong' })
      const { error, threads } = await copyWithLanes(`${registry.host}/app:v1`, () => 's3://wrong/app:v1', {
        lanes: 'direct',
        jobs: 1,
      })
      expect([error, threads > 0]).toEqual([expect.objectContaining({ code: 'digest-mismatch', side: 'source' }), true])
      const contents = await contentsOf(place, 'wrong')
      expect(contents.filter(line => line.includes(hex) || line.startsWith('manifests/'))).toEqual([])
    },
  ],
]
