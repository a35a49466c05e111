import path from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { copyImage, parsePlatform } from '../../src/index.ts'
import { buildImage, buildIndex } from '../../src/testing/build-image.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { useLanes } from '../lanes/use-lanes.ts'
import { testCredentials } from '../services/credentials.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { startProxy, type TestProxy } from '../services/start-proxy.ts'
import { type RegistryServer, startRegistry } from '../services/start-registry.ts'
import { newFolder } from './lading.ts'

const layer = (fill: number) => new Uint8Array(1000).fill(fill)
/** An index, two manifests, two configs, and three layers of which one is shared: five blobs. */
const image = buildIndex({
  'linux/amd64': { layers: [layer(1), layer(2)] },
  'linux/arm64': { layers: [layer(1), layer(3)] },
})

const small = (platform: number, layer: number) => new Uint8Array(500).fill(100 + platform * 15 + layer)
/** More blobs than are asked for one by one: three platforms with a config and fifteen layers each, all different. */
const many = buildIndex(
  Object.fromEntries(
    ['linux/amd64', 'linux/arm64', 'linux/s390x'].map((name, platform) => [
      name,
      { layers: Array.from({ length: 15 }, (_, at) => small(platform, at)) },
    ]),
  ),
)
/** The last layer of each of these platforms. */
const tops = buildImage({ layers: [0, 1, 2].map(platform => small(platform, 14)) })

/** What it costs to see that nothing is attached to so many manifests where the referrers API is not there: the list's tag, and cosign's three. */
const lookedAt = (manifests: number) => ({ 'GET referrers 404': 1, 'HEAD attached 404': 4 * manifests })

/** What a proxy saw, without digests and upload states: `{ 'GET manifest': 3 }`. */
function counted(proxy: TestProxy): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { method, path: asked, status } of proxy.requests) {
    const what = /mount=/.test(asked)
      ? 'mount'
      : /uploads/.test(asked)
        ? 'upload'
        : /blobs/.test(asked)
          ? 'blob'
          : /manifests\/sha256-/.test(asked)
            ? 'attached'
            : /manifests/.test(asked)
              ? 'manifest'
              : /referrers/.test(asked)
                ? 'referrers'
                : asked
    const key = `${method} ${what} ${status}`
    counts[key] = (counts[key] ?? 0) + 1
  }
  proxy.requests.length = 0
  return counts
}

describeWithServices(['docker-registry'], 'requests of a copy, each of which is needed:', () => {
  let from: TestProxy
  let to: TestProxy
  let folder: string
  const stack = new AsyncDisposableStack()

  beforeAll(async () => {
    const servers: RegistryServer[] = [stack.use(await startRegistry()), stack.use(await startRegistry())]
    const proxies = await Promise.all(servers.map(({ url }) => startProxy(url)))
    for (const proxy of proxies) stack.use(proxy)
    ;[from, to] = proxies as [TestProxy, TestProxy]
    folder = await newFolder()
    await writeLayout(path.join(folder, 'layout'), { v1: image })
    await writeLayout(path.join(folder, 'many'), { v1: many, tops })
  })
  afterAll(() => stack.disposeAsync())

  test('the first one asks once for everything, and sends each blob in two requests', async () => {
    await copyImage(`oci:${folder}/layout:v1`, `${from.host}/app:v1`)
    expect(counted(from)).toEqual({
      'HEAD manifest 404': 1, // what the tag is now
      'GET manifest 404': 3, // whether the index and its manifests are there
      'HEAD blob 404': 5,
      'POST upload 202': 5,
      'PUT upload 201': 5,
      'PUT manifest 201': 3,
    })
  })

  test('a first one of many blobs asks for eight, and begins the others with the question', async () => {
    const result = await copyImage(`oci:${folder}/many:v1`, `${from.host}/many:v1`)
    expect(result.blobs).toEqual({ copied: 48, mounted: 0, present: 0 })
    expect(counted(from)).toEqual({
      'HEAD manifest 404': 1,
      'GET manifest 404': 4,
      'HEAD blob 404': 8,
      'POST upload 202': 8,
      'POST mount 202': 40,
      'PUT upload 201': 48,
      'PUT manifest 201': 4,
    })
  })

  test('what such a question finds is not sent', async () => {
    await copyImage(`oci:${folder}/many:tops`, `${from.host}/found:tops`)
    counted(from)
    const result = await copyImage(`oci:${folder}/many:v1`, `${from.host}/found:v1`)
    expect(result.blobs).toEqual({ copied: 45, mounted: 0, present: 3 })
    expect(counted(from)).toMatchObject({
      'HEAD blob 404': 8,
      'POST upload 202': 8,
      'POST mount 201': 3,
      'HEAD blob 200': 3,
      'POST mount 202': 37,
      'PUT upload 201': 45,
    })
  })

  test('where a registry will hear of no mount, blobs are sent without a question', async () => {
    from.fault({ method: 'POST', path: /mount=/, status: 405 })
    const result = await copyImage(`oci:${folder}/many:v1`, `${from.host}/unmounted:v1`)
    from.clearFaults()
    expect(result.blobs).toEqual({ copied: 48, mounted: 0, present: 0 })
    expect(counted(from)).toMatchObject({ 'POST mount 405': 40, 'POST upload 202': 48, 'PUT upload 201': 48 })
  })

  test('from a registry reads each manifest and each blob once', async () => {
    await copyImage(`${from.host}/app:v1`, `${to.host}/app:v1`)
    expect(counted(from)).toEqual({
      'HEAD manifest 200': 1,
      'GET manifest 200': 3,
      'GET blob 200': 5,
      ...lookedAt(3),
    })
    counted(to)
  })

  test('again to the same tag is one HEAD on each side, and a look at what is attached to the root', async () => {
    const result = await copyImage(`${from.host}/app:v1`, `${to.host}/app:v1`)
    expect(result).toMatchObject({ changed: false, bytes: { copied: 0 } })
    expect(counted(from)).toEqual({ 'HEAD manifest 200': 1, ...lookedAt(1) })
    expect(counted(to)).toEqual({ 'HEAD manifest 200': 1 })
  })

  test('again, and without what is attached, is one HEAD on each side', async () => {
    await copyImage(`${from.host}/app:v1`, `${to.host}/app:v1`, { referrers: false })
    expect(counted(from)).toEqual({ 'HEAD manifest 200': 1 })
    expect(counted(to)).toEqual({ 'HEAD manifest 200': 1 })
  })

  test('to another tag reads the root where it is to be written', async () => {
    await copyImage(`${from.host}/app:v1`, `${to.host}/app:v2`)
    expect(counted(from)).toEqual({ 'HEAD manifest 200': 1, ...lookedAt(3) })
    expect(counted(to)).toEqual({ 'HEAD manifest 404': 1, 'GET manifest 200': 1, 'PUT manifest 201': 1 })
  })

  test('of a subset, again, asks the source for no manifest, to a registry as to a bucket', async () => {
    vi.stubEnv('XDG_CACHE_HOME', await newFolder())
    const platforms = [parsePlatform('linux/arm64')]
    for (const target of [`${to.host}/subset/app:v1`, `local://${folder}/subset//app:v1`]) {
      await copyImage(`${from.host}/app:v1`, target, { platforms })
      counted(from)
      counted(to)
      expect(await copyImage(`${from.host}/app:v1`, target, { platforms })).toMatchObject({ changed: false })
      expect(counted(from)).toEqual({ 'HEAD manifest 200': 1, ...lookedAt(1) })
    }
    vi.unstubAllEnvs()
  })

  test('within a registry mounts every blob and moves none', async () => {
    useLanes('server-side')
    const result = await copyImage(`${from.host}/app:v1`, `${from.host}/elsewhere/app:v1`)
    expect(result.blobs).toEqual({ copied: 0, mounted: 5, present: 0 })
    const counts = counted(from)
    expect(counts['POST mount 201']).toBe(5)
    expect(counts['GET blob 200']).toBeUndefined()
    expect(counts['PUT upload 201']).toBeUndefined()
  })

  test('into a bucket, and again: a manifest is not read twice', async () => {
    const bucket = `local://${folder}/bucket//app:v1`
    await copyImage(`${from.host}/app:v1`, bucket)
    expect(counted(from)).toEqual({
      'HEAD manifest 200': 1,
      'GET manifest 200': 3,
      'GET blob 200': 5,
      ...lookedAt(3),
    })
    expect(await copyImage(`${from.host}/app:v1`, bucket)).toMatchObject({
      changed: false,
      blobs: { present: 5, copied: 0 },
    })
    expect(counted(from)).toEqual({ 'HEAD manifest 200': 1, ...lookedAt(1) })
  })

  test('one token is asked for, for all that a side does', async () => {
    await using registry = await startRegistry({ auth: 'token' })
    await using proxy = await startProxy(registry.url)
    const credential = testCredentials
    await copyImage(`oci:${folder}/many:v1`, `${proxy.host}/app:v1`, { destinationServer: { credential } })
    expect(counted(proxy)).toEqual({
      'HEAD manifest 401': 1,
      'HEAD manifest 404': 1,
      'GET manifest 404': 4,
      'HEAD blob 404': 8,
      'POST upload 202': 8,
      'POST mount 202': 40,
      'PUT upload 201': 48,
      'PUT manifest 201': 4,
    })
    expect(registry.tokens?.requests).toMatchObject([{ scopes: ['repository:app:pull,push'] }])
    await copyImage(`${proxy.host}/app:v1`, `oci:${folder}/pulled:v1`)
    expect(counted(proxy)).toEqual({
      'HEAD manifest 401': 1,
      'HEAD manifest 200': 1,
      'GET manifest 200': 4,
      'GET blob 200': 48,
      ...lookedAt(4),
    })
    expect(registry.tokens?.requests).toMatchObject([{}, { scopes: ['repository:app:pull'] }])
  })
})
