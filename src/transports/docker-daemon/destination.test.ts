import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { digestOf } from '../../model/digest.ts'
import { type Bytes, bytesOf, readAll } from '../../streams/index.ts'
import { readTar } from '../../streams/tar/index.ts'
import { type BuiltImage, buildImage, buildIndex } from '../../testing/build-image.ts'
import { openTestContext } from '../../testing/registry-context.ts'
import {
  containerdDriver,
  type DockerScript,
  sayJson as json,
  startScriptedDocker,
} from '../../testing/scripted-docker.ts'
import type { ScriptedServer } from '../../testing/scripted-server.ts'
import type { ImageDestination, TransportContext } from '../transport.ts'
import { openDockerDaemonDestination } from './destination.ts'
import { parseDockerDaemonReference } from './reference.ts'

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

const image = buildImage({ layers: [new Uint8Array(100_000).fill(1), new Uint8Array(3).fill(2)] })
const configDigest = [...image.blobs.keys()].at(-2) ?? image.root.digest
const diffIds = [...image.blobs.keys()].slice(0, 2)
const inspected = { Id: configDigest, RootFS: { Layers: diffIds } }

async function pushAll(to: ImageDestination, { root, blobs }: BuiltImage): Promise<void> {
  for (const [digest, bytes] of blobs) {
    const kind = digest === configDigest ? 'config' : 'layer'
    const mediaType =
      kind === 'config' ? 'application/vnd.oci.image.config.v1+json' : 'application/vnd.oci.image.layer.v1.tar'
    if (digest !== root.digest) await to.push({ kind, mediaType, digest, size: bytes.byteLength }, bytesOf(bytes))
  }
}

const commit = (to: ImageDestination) =>
  to.commit(image.root, image.blobs.get(image.root.digest) ?? new Uint8Array(), { force: false, imageBytes: 1 })

const layer = {
  kind: 'layer',
  mediaType: 'application/vnd.oci.image.layer.v1.tar',
  digest: digestOf(new Uint8Array(100_000).fill(1)),
  size: 100_000,
} as const

const inspect = 'GET /images/docker.io/library/app:v1/json'

test('sends one archive in which every store finds the image', async () => {
  let archive = new Uint8Array()
  const server = await daemon({
    answers: {
      'POST /images/load': async (request, response) => {
        archive = new Uint8Array(await request.body())
        response.end('{"stream":"Loaded image: app:v1\\n"}\nnot JSON\n[]\nnull')
      },
      [inspect]: (request, response) =>
        (archive.byteLength === 0 ? json({ message: 'none' }, 404) : json(inspected))(request, response),
      'GET /images/localhost:5000/app:v2/json': json(inspected),
    },
  })
  await using to = await openDockerDaemonDestination(app, context)
  expect(await to.current()).toBeUndefined()
  await pushAll(to, image)
  const bytes = image.blobs.get(image.root.digest) ?? new Uint8Array()
  const additionalTags = ['app:v1', 'localhost:5000/app:v2']
  const result = await to.commit(image.root, bytes, { force: false, imageBytes: 1, additionalTags })
  expect(result).toEqual({ changed: true })
  expect(await to.current()).toBe(image.root.digest)
  expect(await to.currentConfig?.({ additionalTags })).toBe(configDigest)
  expect(await to.has(layer)).toBe(false)

  const files = new Map<string, Uint8Array>()
  async function* once() {
    yield archive
  }
  for await (const { header, body } of readTar(once())) files.set(header.name, await readAll(body, 1e6, header.name))
  const blob = (digest: string) => `blobs/${digest.replace(':', '/')}`
  for (const [digest, content] of image.blobs) expect(files.get(blob(digest))).toEqual(new Uint8Array(content))
  const document = (name: string) => JSON.parse(new TextDecoder().decode(files.get(name)))
  expect(document('manifest.json')).toEqual([
    {
      Config: blob(configDigest),
      RepoTags: ['docker.io/library/app:v1', 'localhost:5000/app:v2'],
      Layers: diffIds.map(blob),
    },
  ])
  const named = (name: string, tag: string) => ({
    digest: image.root.digest,
    annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': tag },
  })
  expect(document('index.json').manifests).toMatchObject([
    named('docker.io/library/app:v1', 'v1'),
    named('localhost:5000/app:v2', 'v2'),
  ])
  expect(document('oci-layout')).toEqual({ imageLayoutVersion: '1.0.0' })
  expect(server.log.filter(line => line.startsWith('POST'))).toEqual(['POST /v1.41/images/load'])
})

test.each([
  ['no space left', '{"status":"Loading"}\n{"errorDetail":{"message":"no space left"},"error":"no space left"}\n'],
  ['it does not say why', '{"errorDetail":{}}'],
  ['old words', '{"error":"old words"}'],
  [
    'apply layer',
    '{"stream":"Loaded image: app:v1\\n"}\n{"stream":"Error unpacking image app:v1: apply layer error\\n"}',
  ],
  ['after much', `${'x'.repeat(200_000)}\n{"error":"after much"}`],
])('a load that fails with 200 is a failure: %s', async (why, answer) => {
  await daemon({
    answers: {
      'POST /images/load': async (request, response) => {
        await request.body()
        response.end(answer)
      },
    },
  })
  await using to = await openDockerDaemonDestination(app, context)
  await pushAll(to, image)
  await expect(commit(to)).rejects.toMatchObject({ code: 'server-error', message: expect.stringContaining(why) })
})

test('a daemon that refuses in the middle is heard', async () => {
  await daemon({ answers: { 'POST /images/load': json({ message: 'read-only daemon' }, 403) } })
  await using to = await openDockerDaemonDestination(app, context)
  await expect(pushAll(to, image).then(() => commit(to))).rejects.toMatchObject({
    code: 'server-error',
    message: 'Docker refuses: read-only daemon',
  })
})

test('a daemon that dies in the middle is a failure of the network', async () => {
  await daemon({ answers: { 'POST /images/load': request => void request.raw.socket.destroy() } })
  await using to = await openDockerDaemonDestination(app, context)
  await expect(pushAll(to, image).then(() => commit(to))).rejects.toMatchObject({ code: 'network' })
})

test.each([
  ['nothing', json({ message: 'No such image' }, 404), 'is not there'],
  ['another image', json({ Id: layer.digest, RootFS: { Layers: diffIds } }), `is ${layer.digest}`],
  ['other layers', json({ Id: configDigest, RootFS: { Layers: [] } }), 'other layers'],
])('a load after which the name has %s is a failure', async (_, answer, why) => {
  let loaded = false
  await daemon({
    answers: {
      'POST /images/load': async (request, response) => {
        await request.body()
        loaded = true
        response.end()
      },
      [inspect]: (request, response) => (loaded ? answer : json({ message: 'none' }, 404))(request, response),
    },
  })
  await using to = await openDockerDaemonDestination(app, context)
  await pushAll(to, image)
  await expect(commit(to)).rejects.toMatchObject({ code: 'server-error', message: expect.stringContaining(why) })
})

/** A load that tells how it ended: with a whole body, or cut off. */
async function watchedLoad(): Promise<{ server: ScriptedServer; ended: Promise<string> }> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const server = await daemon({
    answers: {
      'POST /images/load': async (request, response) => {
        await request.body().then(
          () => resolve('whole'),
          () => resolve('cut off'),
        )
        response.end()
      },
    },
  })
  return { server, ended: promise }
}

test('bytes that throw end the request, and their own error comes out of every push', async () => {
  const { ended } = await watchedLoad()
  await using to = await openDockerDaemonDestination(app, context)
  const planted = new Error('planted')
  const failing: Bytes = {
    size: layer.size,
    async *open() {
      yield new Uint8Array(70_000)
      throw planted
    },
  }
  await expect(to.push(layer, failing)).rejects.toBe(planted)
  expect(await ended).toBe('cut off')
  expect(await to.has(layer)).toBe(false)
  await expect(pushAll(to, image)).rejects.toBe(planted)
})

test('what is not committed is not loaded', async () => {
  const { ended } = await watchedLoad()
  const to = await openDockerDaemonDestination(app, context)
  await to.push(layer, bytesOf(new Uint8Array(100_000).fill(1)))
  expect(await to.has(layer)).toBe(true)
  await to[Symbol.asyncDispose]()
  expect(await ended).toBe('cut off')
})

test('an aborted copy ends the request, also where the daemon does not read', async () => {
  const controller = new AbortController()
  await daemon({ answers: { 'POST /images/load': () => {} } })
  await using to = await openDockerDaemonDestination(app, { ...context, signal: controller.signal })
  const large = { ...layer, size: 64 * 1024 * 1024 }
  const chunks: Bytes = {
    async *open() {
      for (let sent = 0; sent < large.size; sent += 65_536) yield new Uint8Array(65_536)
    },
  }
  const push = to.push(large, chunks, controller.signal)
  setTimeout(() => controller.abort(new Error('enough')), 50)
  await expect(push).rejects.toThrow('enough')
})

test('an image that is there already is not loaded', async () => {
  const server = await daemon({
    answers: { [inspect]: json({ ...inspected, RepoDigests: [`app@${image.root.digest}`] }) },
  })
  await using to = await openDockerDaemonDestination(app, context)
  expect(await to.current()).toBe(image.root.digest)
  expect(await commit(to)).toEqual({ changed: false, previous: image.root.digest })
  expect(server.log.filter(line => line.startsWith('POST'))).toEqual([])
})

test.each([
  [[`other@${image.root.digest}`]],
  [[`app@${image.root.digest}`, `app@${layer.digest}`]],
  [[]],
])('%j do not tell what the name was pulled from', async RepoDigests => {
  await daemon({ answers: { [inspect]: json({ ...inspected, RepoDigests }) } })
  expect(await (await openDockerDaemonDestination(app, context)).current()).toBeUndefined()
})

test('containerd’s store tells the root, unless parts of it are missing', async () => {
  const driver = containerdDriver
  const { digest } = image.root
  const found = (Available: boolean) => ({
    Id: digest,
    Descriptor: { digest },
    RepoDigests: [`app@${digest}`],
    Manifests: [{ ID: digest, Available }],
  })
  const current = async (api: string, Available: boolean) => {
    await daemon({ api, driver, answers: { [inspect]: json(found(Available)) } })
    const to = await openDockerDaemonDestination(app, context)
    return [to.traits.rootImpliesChildren, await to.current()]
  }
  expect(await current('1.51', true)).toEqual([true, digest])
  expect(await current('1.51', false)).toEqual([true, undefined])
  expect((await current('1.47', true))[0]).toBe(false)
})

test('what Docker cannot hold is refused before a byte is sent', async () => {
  const server = await daemon()
  await using to = await openDockerDaemonDestination(app, context)
  const { root } = buildIndex({ 'linux/amd64': {}, 'linux/arm64': {} })
  await expect(to.checkCommit?.(root, { force: false })).rejects.toMatchObject({ code: 'unsupported' })
  for (const [kind, mediaType] of [
    ['config', 'application/vnd.cncf.helm.config.v1+json'],
    ['layer', 'application/vnd.oci.image.layer.v1.tar+zstd'],
    ['layer', 'application/vnd.oci.image.layer.v1.tar+gzip+encrypted'],
  ] as const) {
    const node = { ...layer, kind, mediaType }
    await expect(to.push(node, bytesOf(new Uint8Array()))).rejects.toMatchObject({ code: 'unsupported' })
  }
  await expect(commit(to)).rejects.toMatchObject({ code: 'blob-not-found' })
  expect(server.log.filter(line => line.startsWith('POST'))).toEqual([])
})

test('a condition cannot be kept, unless there is nothing to do', async () => {
  await daemon()
  await using to = await openDockerDaemonDestination(app, context)
  const check = to.checkCommit?.(image.root, { force: false, expect: 'absent' })
  await expect(check).rejects.toMatchObject({ code: 'unsupported' })
})
