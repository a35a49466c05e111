import { createHash } from 'node:crypto'
import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type CopyEvent, type CopyOptions, copyImage } from '../../src/index.ts'
import { buildImage } from '../../src/testing/build-image.ts'
import { startFakeGcs } from '../../src/testing/fake-gcs.ts'
import { type FakeRegistry, startFakeRegistry } from '../../src/testing/fake-registry.ts'
import { startFakeS3 } from '../../src/testing/fake-s3.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { lading } from '../e2e/lading.ts'
import type { Fault } from '../services/fault.ts'
import { startProxy, type TestProxy } from '../services/start-proxy.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { environmentOf } from '../stores/s3-place.ts'
import { serve } from './for-one-test.ts'

const layer = new Uint8Array(6 * 1024 * 1024).fill(1)
const small = new Uint8Array(200_000).fill(2)
const image = buildImage({ layers: [layer, small] })
const busy = { status: 503, times: 1 }

interface Place {
  readonly source: string
  readonly destination: string
  readonly options?: CopyOptions
}

type Retried = Extract<CopyEvent, { readonly type: 'retried' }>

/** Every retry of a copy that a listener hears; whether the copy succeeds is others' question. */
async function heardOf({ source, destination, options = {} }: Place): Promise<Retried[]> {
  const heard: Retried[] = []
  const onEvent = (event: CopyEvent) => void (event.type === 'retried' && heard.push(event))
  await copyImage(source, destination, { ...options, onEvent }).catch(() => {})
  return heard
}

/** A registry that holds the image, behind a proxy with a fault. */
async function faultyRegistry(...faults: Fault[]): Promise<{ proxy: TestProxy; registry: FakeRegistry }> {
  const registry = await startFakeRegistry({ auth: 'token' })
  const repository = registry.repository('app')
  for (const [digest, bytes] of image.blobs) repository.blobs.set(digest, bytes)
  repository.addManifest(image.root.mediaType, image.blobs.get(image.root.digest) ?? small, 'v1')
  const proxy = await startProxy(registry.url)
  for (const fault of faults) proxy.fault(fault)
  onTestFinished(async () => {
    await proxy.stop()
    await registry[Symbol.asyncDispose]()
  })
  return { proxy, registry }
}

async function newFolder(): Promise<string> {
  return mkdtemp(path.join(temporaryFolder(), 'heard-'))
}

async function fromRegistry(...faults: Fault[]): Promise<Place> {
  const { proxy } = await faultyRegistry(...faults)
  return { source: `docker://${proxy.host}/app:v1`, destination: `local://${await newFolder()}/b//app:v1` }
}

async function toRegistry(fault: Fault): Promise<Place> {
  const { proxy } = await faultyRegistry(fault)
  const destinationServer = { credential: { username: 'test', password: 'secret' } }
  const options = { destinationServer } as unknown as CopyOptions
  return { source: await layout(), destination: `docker://${proxy.host}/copy:v1`, options }
}

async function layout(): Promise<string> {
  const folder = await newFolder()
  await writeLayout(folder, { v1: image })
  return `oci:${folder}:v1`
}

function setEnvironment(values: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(values)) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
}

const digestOfLayer = `sha256:${createHash('sha256').update(layer).digest('hex')}`
const digestOfSmall = `sha256:${createHash('sha256').update(small).digest('hex')}`
const at503 = 'it answered 503'

const layers: Readonly<
  Record<string, { readonly place: () => Promise<Place>; readonly subject: RegExp; readonly reason: RegExp | string }>
> = {
  'a question to a registry': {
    place: () => fromRegistry({ path: /manifests\/v1/, header: ['authorization', /Bearer/], ...busy }),
    subject: /^HEAD http:.*\/v2\/app\/manifests\/v1$/,
    reason: at503,
  },
  'the first question of all': {
    place: () => fromRegistry({ path: /manifests/, ...busy }),
    subject: /^HEAD http:.*\/v2\/app\/manifests\/v1$/,
    reason: at503,
  },
  'a request for a token': {
    async place() {
      let asked = 0
      const server = await serve(({ path: asking }, response) => {
        if (asking === '/token') return void response.writeHead(asked++ === 0 ? 503 : 200).end('{"token":"t"}')
        const challenge = `Bearer realm="${server.origin}/token",service="s"`
        response.writeHead(asked < 2 ? 401 : 404, { 'www-authenticate': challenge }).end()
      })
      return { source: `docker://${server.host}/app:v1`, destination: `local://${await newFolder()}/b//app:v1` }
    },
    subject: /^GET http:.*\/token\?/,
    reason: at503,
  },
  'a blob that breaks off': {
    place: () => fromRegistry({ path: new RegExp(digestOfSmall), method: 'GET', cutDown: 1000, times: 1 }),
    subject: new RegExp(digestOfSmall),
    reason: /was reset|closed the connection/,
  },
  'a thread that is refused': {
    place: () =>
      fromRegistry({ path: new RegExp(digestOfLayer), method: 'GET', headers: { 'content-length': '0' }, ...busy }),
    subject: new RegExp(digestOfLayer),
    reason: /answered 503$/,
  },
  'a thread whose blob breaks off': {
    place: () => fromRegistry({ path: new RegExp(digestOfLayer), method: 'GET', cutDown: 100_000, times: 1 }),
    subject: new RegExp(digestOfLayer),
    reason: /was reset|closed the connection/,
  },
  'an upload that breaks off': {
    place: () => toRegistry({ method: 'PATCH', cutUp: 1000, times: 1 }),
    subject: /^upload of blob sha256:/,
    reason: /was reset|closed the connection/,
  },
  'the SDK of S3': {
    async place() {
      const s3 = await startFakeS3()
      onTestFinished(() => s3.stop())
      s3.bucket('bucket')
      s3.quirks.slowDowns = 1
      setEnvironment(environmentOf(s3, await newFolder()))
      return { source: await layout(), destination: 's3://bucket/app:v1' }
    },
    subject: /^(GET|HEAD|PUT|POST) http:.*\/bucket/,
    reason: at503,
  },
  'Google Cloud Storage': {
    async place() {
      const gcs = await startFakeGcs({ quirks: { fail: { times: 1, status: 503 } } })
      onTestFinished(() => gcs[Symbol.asyncDispose]())
      setEnvironment({ STORAGE_EMULATOR_HOST: gcs.url, XDG_CACHE_HOME: await newFolder() })
      return { source: await layout(), destination: 'gs://bucket/app:v1' }
    },
    subject: /^(GET|HEAD|PUT|POST) http:/,
    reason: at503,
  },
  'a token of the machine at Google': {
    async place() {
      let asked = 0
      const server = await serve(({ path: asking }, response) => {
        const headers = { 'metadata-flavor': 'Google' }
        if (asking.endsWith('/email')) return void response.writeHead(200, headers).end('me@here.test')
        if (asking.endsWith('/token') && asked++ === 0) return void response.writeHead(503, headers).end()
        response.writeHead(403, headers).end()
      })
      setEnvironment({
        GCE_METADATA_HOST: server.host,
        GOOGLE_APPLICATION_CREDENTIALS: undefined,
        CLOUDSDK_CONFIG: await newFolder(),
        HOME: await newFolder(),
      })
      return { source: 'gs://bucket/app:v1', destination: `local://${await newFolder()}/b//app:v1` }
    },
    subject: /^GET http:.*\/service-accounts\/default\/token$/,
    reason: at503,
  },
  'the SDK of Azure': {
    async place() {
      let asked = 0
      const server = await serve((_, response) => {
        const code = asked++ === 0 ? undefined : 'ContainerNotFound'
        if (code === undefined) return void response.writeHead(503).end()
        response.writeHead(404, { 'x-ms-error-code': code, 'x-ms-request-id': '1' }).end()
      })
      setEnvironment({ AZURE_STORAGE_KEY: btoa('a key'), AZURE_STORAGE_CONNECTION_STRING: undefined })
      const options = { cloud: { endpoint: `${server.origin}/account` } }
      return { source: 'az://container/app:v1', destination: `local://${await newFolder()}/b//app:v1`, options }
    },
    subject: /^(GET|HEAD) http:.*\/account\/container/,
    reason: at503,
  },
}

test.each(Object.entries(layers))('%s that is tried again is heard of', async (_, { place, subject, reason }) => {
  const heard = await heardOf(await place())
  expect(heard).toContainEqual({
    type: 'retried',
    subject: expect.stringMatching(subject),
    attempt: 1,
    waitSeconds: expect.any(Number),
    reason: typeof reason === 'string' ? reason : expect.stringMatching(reason),
  })
})

test.each([
  ['plain', /^attempt 1 of HEAD http:.*\/v2\/app\/manifests\/v1 failed, next in \d+(\.\d+)?m?s: it answered 503$/m],
  [
    'json',
    /^\{"type":"retried","subject":"HEAD http:.*manifests\/v1","attempt":1,"waitSeconds":[\d.]+,"reason":"it answered 503"\}$/m,
  ],
])('and the program says so with --progress %s', async (mode, line) => {
  const { source, destination } = await fromRegistry({ path: /manifests/, ...busy })
  const { code, stderr } = await lading(['copy', source, destination, '--progress', mode])
  expect(stderr).toMatch(line)
  expect(code).toBe(0)
})
