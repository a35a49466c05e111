import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { digestOf } from '../../model/digest.ts'
import { readAll } from '../../streams/index.ts'
import { dockerArchive } from '../../testing/docker-archive.ts'
import { openTestContext } from '../../testing/registry-context.ts'
import {
  containerdDriver,
  type DockerScript,
  sayJson as json,
  startScriptedDocker,
} from '../../testing/scripted-docker.ts'
import type { ImageSource, TransportContext } from '../transport.ts'
import { parseDockerDaemonReference } from './reference.ts'
import { openDockerDaemonSource } from './source.ts'

const app = parseDockerDaemonReference('docker-daemon:app:v1')
let context: TransportContext

beforeEach(() => {
  const opened = openTestContext()
  context = opened.context
  onTestFinished(() => opened[Symbol.asyncDispose]())
})

async function daemon(script: DockerScript = {}) {
  const server = await startScriptedDocker(script)
  onTestFinished(() => server[Symbol.asyncDispose]())
  context = { ...context, daemonHost: server.origin }
  return server
}

const layer = {
  kind: 'layer',
  mediaType: 'application/vnd.oci.image.layer.v1.tar',
  digest: digestOf(new Uint8Array(9)),
  size: 9,
} as const

const saved = dockerArchive({ style: 'classic', layers: [new Uint8Array(70_000).fill(7)] })

async function receive(from: ImageSource): Promise<string[]> {
  const digests: string[] = []
  await from.receive?.(async ({ body, size }) => {
    const digest = digestOf(await readAll(body, size, 'a layer'))
    digests.push(digest)
    return digest
  })
  return digests
}

test('gives the layers as they come, and then the image', async () => {
  await daemon({
    answers: { 'GET /images/docker.io/library/app:v1/get': (_, response) => void response.end(saved.bytes) },
  })
  const from = await openDockerDaemonSource(app, context)
  expect(from.traits).toEqual({ order: 'once', unpacked: true })
  expect(await receive(from)).toEqual([...saved.layers.keys()].map(hex => `sha256:${hex}`))
  const root = await from.resolve()
  const manifest = JSON.parse(new TextDecoder().decode(await readAll(from.fetch(root), 10_000, 'the manifest')))
  expect(manifest.config.digest).toBe(digestOf(saved.config))
  const config = { kind: 'config', ...manifest.config }
  expect(Buffer.from(await readAll(from.fetch(config, { start: 1, end: 3 }), 10_000, 'the config'))).toEqual(
    Buffer.from(saved.config.subarray(1, 3)),
  )
  await expect(readAll(from.fetch(layer), 1, 'x')).rejects.toMatchObject({ code: 'blob-not-found' })
})

test('an image that is not there: what there is, and how to get it', async () => {
  await daemon({ answers: { 'GET /images/json': json([{ RepoTags: ['other:v1', '<none>:<none>'] }, {}]) } })
  const from = await openDockerDaemonSource(app, context)
  const absent = {
    code: 'image-not-found',
    message: 'Docker has no image app:v1',
    hint: 'build it or `docker pull app:v1`; it has other:v1',
  }
  await expect(receive(from)).rejects.toMatchObject(absent)
  await expect(from.preview?.()).rejects.toMatchObject(absent)
  const byId = await openDockerDaemonSource(parseDockerDaemonReference(`docker-daemon:${layer.digest}`), context)
  await expect(receive(byId)).rejects.toMatchObject({ hint: 'it has other:v1' })
})

test('a platform is asked for where the daemon keeps several', async () => {
  const driver = containerdDriver
  const server = await daemon({ api: '1.48', driver })
  const from = await openDockerDaemonSource(app, { ...context, platforms: [{ os: 'linux', architecture: 'arm64' }] })
  expect(from.traits.unpacked).toBe(false)
  await expect(receive(from)).rejects.toMatchObject({ code: 'image-not-found' })
  expect(decodeURIComponent(server.log.find(line => line.includes('/get')) ?? '')).toContain(
    '/get?platform={"os":"linux","architecture":"arm64"}',
  )
})

test('500 is said in the daemon’s words', async () => {
  await daemon({
    answers: { 'GET /images/docker.io/library/app:v1/get': json({ message: 'layer does not\nexist' }, 500) },
  })
  await expect(receive(await openDockerDaemonSource(app, context))).rejects.toMatchObject({
    code: 'server-error',
    message: 'Docker refuses: layer does not exist',
    status: 500,
  })
})

test('an answer that is cut in the middle is no image', async () => {
  await daemon({
    answers: {
      'GET /images/docker.io/library/app:v1/get': (_, response) => {
        response.write(saved.bytes.subarray(0, 60_000))
        setImmediate(() => response.destroy())
      },
    },
  })
  await expect(receive(await openDockerDaemonSource(app, context))).rejects.toMatchObject({ code: 'network' })
})

test('who stops reading ends the request', async () => {
  const closed = Promise.withResolvers<void>()
  await daemon({
    answers: {
      'GET /images/docker.io/library/app:v1/get': (_, response) => {
        response.once('close', () => closed.resolve())
        response.write(saved.bytes.subarray(0, 60_000))
      },
    },
  })
  const from = await openDockerDaemonSource(app, context)
  const planted = new Error('planted')
  await expect(from.receive?.(() => Promise.reject(planted))).rejects.toBe(planted)
  await closed.promise
})

test('tells beforehand the config and the layers, or the root where that is kept', async () => {
  const answers = {
    'GET /images/docker.io/library/app:v1/json': json({ Id: layer.digest, RootFS: { Layers: [layer.digest] } }),
  }
  await daemon({ answers })
  const from = await openDockerDaemonSource(app, context)
  expect(await from.preview?.()).toEqual({ config: layer.digest, diffIds: [layer.digest] })
  await daemon({ answers, driver: containerdDriver })
  expect(await (await openDockerDaemonSource(app, context)).preview?.()).toEqual({
    root: expect.stringMatching(/^sha256:/),
  })
})

describe('an index of which containerd’s store has parts', () => {
  const digests = [1, 2, 3].map(fill => digestOf(new Uint8Array(fill)))
  const [index] = digests
  const part = (at: number, platform: object, available: boolean) => ({
    ID: digests[at],
    Available: available,
    ImageData: { Platform: platform },
  })
  /** Not what any machine of a test is. */
  const system = { os: 'linux', architecture: 'mips64le' }
  async function opened(available: readonly [boolean, boolean], more: Partial<TransportContext> = {}) {
    const parts = [part(1, system, available[0]), part(2, { os: 'linux', architecture: 's390x' }, available[1])]
    const server = await daemon({
      api: '1.51',
      driver: containerdDriver,
      answers: {
        'GET /images/docker.io/library/app:v1/json': json({
          Id: index,
          Descriptor: { digest: index },
          Manifests: parts,
        }),
      },
    })
    return { server, from: await openDockerDaemonSource(app, { ...context, system, ...more }) }
  }

  test.each([
    [[true, true], { root: digests[0] }],
    [[true, false], { root: digests[1] }],
    [[false, false], undefined],
  ] as const)('tells what would be sent: %j', async (available, told) => {
    expect(await (await opened(available)).from.preview?.()).toEqual(told)
  })

  test.each([
    [[true, true], `platform=${encodeURIComponent(JSON.stringify(system))}`],
    [[true, false], undefined],
  ] as const)('where one image is wanted of several, only that one is sent: %j', async (available, query) => {
    const { server, from } = await opened(available, { onePlatform: true })
    await expect(receive(from)).rejects.toThrow()
    const asked = server.log.find(line => line.includes('/get')) ?? ''
    expect(asked.split('?')[1]).toBe(query)
  })
})
