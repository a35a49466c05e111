import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type CloudOptions, copyImage, inspectImage, listImages, parsePlatform } from '../../src/index.ts'
import { startFakeGcs } from '../../src/testing/fake-gcs.ts'
import { useLanes } from '../lanes/use-lanes.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { servicePath } from '../services/peer.ts'
import { azuriteAccount, startAzurite } from '../services/start-azurite.ts'
import { startCeph } from '../services/start-ceph.ts'
import { type Engine, startDocker } from '../services/start-docker.ts'
import { startRegistry } from '../services/start-registry.ts'
import { sdkClient } from '../stores/s3-place.ts'
import { fixtures, lading, newFolder } from './lading.ts'

const whole = [
  'linux/amd64',
  'linux/arm/v6',
  'linux/arm/v7',
  'linux/386',
  'linux/ppc64le',
  'linux/riscv64',
  'linux/s390x',
]
const alpine = `local://${path.join(fixtures, 's3lo-store')}//alpine:latest`

interface Place {
  /** What stands before an image's name. */
  readonly prefix: string
  readonly cloud?: CloudOptions
  readonly suffix?: string
}

/** Every kind of store, and every transport that holds an index. */
const indexKinds = ['local', 's3', 'gs', 'az', 'registry', 'oci', 'oci-archive', 'dir'] as const
/** Those that hold an image for one platform, and no manifest or none that was pushed. */
const imageKinds = ['docker-archive', 'docker-daemon', 'containers-storage'] as const
/** The order of the names is that of the generated tests. */
const kinds = [...indexKinds, ...imageKinds]
type Kind = (typeof kinds)[number]
const holdsIndex = (kind: Kind): boolean => indexKinds.some(one => one === kind)
const pairs = kinds.flatMap(from => kinds.map(to => [from, to] as const))

const services = ['docker-registry', 'radosgw', 'azurite-blob', 'docker20/bin/dockerd', 'skopeo'] as const
describeWithServices(services, 'the seven whole platforms of alpine', () => {
  const stack = new AsyncDisposableStack()
  const places = {} as Record<Kind, Place>
  let digests: readonly string[]
  let docker: Engine

  let config: string | undefined

  const named = (kind: Kind, image: string) => `${places[kind].prefix}${image}${places[kind].suffix ?? ':v1'}`
  const options = (from: Kind, to: Kind) => ({
    sourceCloud: places[from].cloud,
    destinationCloud: places[to].cloud,
    sourceDaemonHost: docker.host,
    destinationDaemonHost: docker.host,
  })
  const look = (kind: Kind, image: string) =>
    inspectImage(named(kind, image), { cloud: places[kind].cloud, sourceDaemonHost: docker.host })
  const view = async (kind: Kind, image: string) => {
    const { digest, platforms } = await look(kind, image)
    return [digest, ...platforms.flatMap(each => [each.digest, ...each.layers.map(layer => layer.digest)])]
  }

  beforeAll(async () => {
    const [registry, ceph, azurite, gcs, dockerd] = await Promise.all([
      startRegistry(),
      startCeph(),
      startAzurite(),
      startFakeGcs(),
      startDocker({ version: '20.10' }),
    ])
    for (const server of [registry, ceph, azurite, gcs, dockerd]) stack.use(server)
    docker = dockerd
    // what reaches the containers tools' storage is the program beside it
    vi.stubEnv('PATH', `${path.dirname(servicePath('skopeo'))}:${process.env.PATH}`)
    vi.stubEnv('AWS_ACCESS_KEY_ID', ceph.accessKeyId)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', ceph.secretAccessKey)
    vi.stubEnv('AZURE_STORAGE_KEY', azuriteAccount.key)
    vi.stubEnv('XDG_CACHE_HOME', await newFolder())
    for (const Bucket of ['images', 'others']) await sdkClient(ceph).createBucket({ Bucket })
    const folder = await newFolder()
    places.local = { prefix: `local://${folder}/bucket//` }
    places.s3 = { prefix: 's3://images/', cloud: { endpoint: ceph.url } }
    places.gs = { prefix: 'gs://bucket/some/prefix//', cloud: { endpoint: gcs.url } }
    places.az = { prefix: `az://${await azurite.container()}/`, cloud: { endpoint: azurite.endpoint } }
    places.registry = { prefix: `${registry.host}/` }
    places.oci = { prefix: `oci:${folder}/oci-` }
    places['oci-archive'] = { prefix: `oci-archive:${folder}/`, suffix: '.oci.tar:v1' }
    places.dir = { prefix: `dir:${folder}/dir-`, suffix: '' }
    places['docker-archive'] = { prefix: `docker-archive:${folder}/`, suffix: '.docker.tar:app:v1' }
    places['docker-daemon'] = { prefix: 'docker-daemon:' }
    places['containers-storage'] = { prefix: `containers-storage:[vfs@${folder}/storage+${folder}/run]localhost/` }
    const { digest } = await copyImage(alpine, named('local', 'origin'), { platforms: whole.map(parsePlatform) })
    digests = await view('local', 'origin')
    config = (await look('local', 'origin')).platforms.find(({ platform }) => platform === 'linux/amd64')?.config
      ?.digest
    expect(digests[0]).toBe(digest)
    const amd64 = [parsePlatform('linux/amd64')]
    for (const kind of kinds.slice(1)) {
      const platforms = holdsIndex(kind) ? undefined : amd64
      await copyImage(named('local', 'origin'), named(kind, 'origin'), { ...options('local', kind), platforms })
    }
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await stack.disposeAsync()
  })

  test.each(
    pairs.filter(([from, to]) => holdsIndex(from) && holdsIndex(to)),
  )('keep every digest from %s to %s', async (from, to) => {
    const target = `from-${from}`
    const result = await copyImage(named(from, 'origin'), named(to, target), options(from, to))
    expect(result.rewritten).toBeUndefined()
    expect(await view(to, target)).toEqual(digests)
    const again = await copyImage(named(from, 'origin'), named(to, target), options(from, to))
    expect(again).toMatchObject({ changed: false, bytes: { copied: 0 } })
  })

  test.each(
    pairs.filter(([from, to]) => !holdsIndex(from) || !holdsIndex(to)),
  )('are one image with the config that it had from %s to %s', async (from, to) => {
    const target = `from-${from}`
    const platforms = [parsePlatform('linux/amd64')]
    const result = await copyImage(named(from, 'origin'), named(to, target), { ...options(from, to), platforms })
    expect(result).toMatchObject({ changed: true })
    if (result.digest !== result.sourceDigest) expect(result.rewritten).toBeTruthy()
    const { kind, platforms: described } = await look(to, target)
    expect(kind).toBe('manifest')
    expect(described.map(each => each.config?.digest)).toEqual([config])
    const again = await copyImage(named(from, 'origin'), named(to, target), { ...options(from, to), platforms })
    expect(again).toMatchObject({ changed: false, digest: result.digest })
  })

  test.each([
    ['a Docker manifest list', `oci:${fixtures}/oci/hello-world-docker-v2-manifest-list`],
    ['an image of many layers', `oci:${fixtures}/oci/many-layers`],
    ['an OCI archive with zstd', `oci-archive:${fixtures}/archives/test-oci-zstd-image.tar`],
    ['an OCI archive of eStargz', `oci-archive:${fixtures}/archives/test-oci-estargz-image.tar`],
    ['an OCI archive without compression', `oci-archive:${fixtures}/archives/test-oci-uncompressed-image.tar`],
    ['an archive of Docker 25', `docker-archive:${fixtures}/archives/hello-world-v25.tar`],
    ['an archive of an old Docker', `docker-archive:${fixtures}/archives/test-docker-image.tar`],
  ])('%s keeps its digests through every place that holds everything, and its config through the others', async (title, origin) => {
    const image = title.toLowerCase().replaceAll(' ', '-')
    let from: string = origin
    let cloud: CloudOptions | undefined
    let digest: string | undefined
    for (const kind of indexKinds) {
      const result = await copyImage(from, named(kind, image), {
        sourceCloud: cloud,
        destinationCloud: places[kind].cloud,
      })
      expect(result.digest).toBe(digest ?? result.digest)
      if (origin.startsWith('oci')) expect(result.digest).toBe(result.sourceDigest)
      digest = result.digest
      from = named(kind, image)
      cloud = places[kind].cloud
    }
    const described = await look('dir', image)
    const amd64 = described.kind === 'index' ? { platforms: [parsePlatform('linux/amd64')] } : {}
    await copyImage(from, named('dir', `${image}-one`), amd64)
    const expected = (await look('dir', `${image}-one`)).platforms[0]?.config?.digest
    expect(expected).toBeDefined()
    let last: Kind = 'dir'
    for (const kind of [...imageKinds, 'dir'] as const) {
      const target = kind === 'dir' ? `${image}-back` : `${image}-one`
      await copyImage(named(last, `${image}-one`), named(kind, target), options(last, kind))
      const { platforms } = await look(kind, target)
      expect(platforms[0]?.config?.digest).toBe(expected)
      last = kind
    }
  })

  describe('between buckets of one service', () => {
    test.each<[Kind, string?]>([
      ['s3', 's3://others/'],
      ['s3', 's3://images/with/a/prefix//'],
      ['gs', 'gs://bucket/another/prefix//'],
      ['az'],
    ])('%s, %s: no byte passes through here', async (kind, prefix = places.az.prefix.replace(/\/$/, '/prefix//')) => {
      useLanes('server-side')
      const { cloud = {} } = places[kind]
      const result = await copyImage(named(kind, 'origin'), `${prefix}promoted:v1`, { cloud })
      expect(result.blobs).toMatchObject({ copied: 0 })
      expect(result.blobs.mounted).toBeGreaterThan(20)
      expect(result.bytes.mounted).toBeGreaterThan(20_000_000)
      expect((await inspectImage(`${prefix}promoted:v1`, { cloud })).digest).toBe(digests[0])
    })
  })

  test.each(['local', 's3', 'gs', 'az'] as const)('are listed in %s', async kind => {
    const names = []
    for await (const { image, tag } of listImages(places[kind].prefix, { cloud: places[kind].cloud ?? {} }))
      names.push(`${image}:${tag}`)
    expect(names).toEqual(expect.arrayContaining(['origin:v1', 'from-az:v1', 'from-registry:v1']))
  })

  test('the command reaches a cloud with its options', async () => {
    const env = {
      AWS_ACCESS_KEY_ID: process.env.AWS_ACCESS_KEY_ID ?? '',
      AWS_SECRET_ACCESS_KEY: process.env.AWS_SECRET_ACCESS_KEY ?? '',
    }
    const endpoint = places.s3.cloud?.endpoint ?? ''
    const copied = await lading(['copy', '--dest-endpoint', endpoint, named('local', 'origin'), 's3://images/cli:v1'], {
      env,
    })
    expect(copied).toMatchObject({ code: 0, stderr: '' })
    const listed = await lading(['list', '--endpoint', endpoint, 's3://images/cli'], { env })
    expect(listed).toMatchObject({ code: 0, stdout: 'cli:v1\n' })
    const absent = await lading(['list', '--endpoint', endpoint, 's3://no-such-bucket/'], { env })
    expect(absent.code).toBe(2)
    expect(absent.stderr).toContain('no-such-bucket')
  })
})
