import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type CloudOptions, copyImage, inspectImage, listImages, parsePlatform } from '../../src/index.ts'
import { startFakeGcs } from '../../src/testing/fake-gcs.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { azuriteAccount, startAzurite } from '../services/start-azurite.ts'
import { startCeph } from '../services/start-ceph.ts'
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
  readonly cloud: CloudOptions
}

/** Every kind of store, and a registry and a layout beside them. The order of the names is that of the generated tests. */
const kinds = ['local', 's3', 'gs', 'az', 'registry', 'oci'] as const
type Kind = (typeof kinds)[number]
const pairs = kinds.flatMap(from => kinds.map(to => [from, to] as const))

describeWithServices(['docker-registry', 'radosgw', 'azurite-blob'], 'the seven whole platforms of alpine', () => {
  const stack = new AsyncDisposableStack()
  const places = {} as Record<Kind, Place>
  let digests: readonly string[]

  const named = (kind: Kind, image: string) => `${places[kind].prefix}${image}:v1`
  const view = async (kind: Kind, image: string) => {
    const { digest, platforms } = await inspectImage(named(kind, image), { cloud: places[kind].cloud })
    return [digest, ...platforms.flatMap(each => [each.digest, ...each.layers.map(layer => layer.digest)])]
  }

  beforeAll(async () => {
    const [registry, ceph, azurite, gcs] = await Promise.all([
      startRegistry(),
      startCeph(),
      startAzurite(),
      startFakeGcs(),
    ])
    for (const server of [registry, ceph, azurite, gcs]) stack.use(server)
    vi.stubEnv('AWS_ACCESS_KEY_ID', ceph.accessKeyId)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', ceph.secretAccessKey)
    vi.stubEnv('AZURE_STORAGE_KEY', azuriteAccount.key)
    vi.stubEnv('XDG_CACHE_HOME', await newFolder())
    for (const Bucket of ['images', 'others']) await sdkClient(ceph).createBucket({ Bucket })
    const folder = await newFolder()
    places.local = { prefix: `local://${folder}/bucket//`, cloud: {} }
    places.s3 = { prefix: 's3://images/', cloud: { endpoint: ceph.url } }
    places.gs = { prefix: 'gs://bucket/some/prefix//', cloud: { endpoint: gcs.url } }
    places.az = { prefix: `az://${await azurite.container()}/`, cloud: { endpoint: azurite.endpoint } }
    places.registry = { prefix: `${registry.host}/`, cloud: {} }
    places.oci = { prefix: `oci:${folder}/`, cloud: {} }
    const { digest } = await copyImage(alpine, named('local', 'origin'), { platforms: whole.map(parsePlatform) })
    digests = await view('local', 'origin')
    expect(digests[0]).toBe(digest)
    await Promise.all(
      kinds
        .slice(1)
        .map(kind =>
          copyImage(named('local', 'origin'), named(kind, 'origin'), { destinationCloud: places[kind].cloud }),
        ),
    )
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await stack.disposeAsync()
  })

  test.each(pairs)('keep every digest from %s to %s', async (from, to) => {
    const target = `from-${from}`
    const options = { sourceCloud: places[from].cloud, destinationCloud: places[to].cloud }
    const result = await copyImage(named(from, 'origin'), named(to, target), options)
    expect(result.rewritten).toBeUndefined()
    expect(await view(to, target)).toEqual(digests)
    const again = await copyImage(named(from, 'origin'), named(to, target), options)
    expect(again).toMatchObject({ changed: false, bytes: { copied: 0 } })
  })

  describe('between buckets of one service', () => {
    test.each<[Kind, string?]>([
      ['s3', 's3://others/'],
      ['s3', 's3://images/with/a/prefix//'],
      ['gs', 'gs://bucket/another/prefix//'],
      ['az'],
    ])('%s, %s: no byte passes through here', async (kind, prefix = places.az.prefix.replace(/\/$/, '/prefix//')) => {
      const { cloud } = places[kind]
      const result = await copyImage(named(kind, 'origin'), `${prefix}promoted:v1`, { cloud })
      expect(result.blobs).toMatchObject({ copied: 0 })
      expect(result.blobs.mounted).toBeGreaterThan(20)
      expect(result.bytes.mounted).toBeGreaterThan(20_000_000)
      expect((await inspectImage(`${prefix}promoted:v1`, { cloud })).digest).toBe(digests[0])
    })
  })

  test.each(['local', 's3', 'gs', 'az'] as const)('are listed in %s', async kind => {
    const names = []
    for await (const { image, tag } of listImages(places[kind].prefix, { cloud: places[kind].cloud }))
      names.push(`${image}:${tag}`)
    expect(names).toEqual(expect.arrayContaining(['origin:v1', 'from-az:v1', 'from-registry:v1']))
  })

  test('the command reaches a cloud with its options', async () => {
    const env = {
      AWS_ACCESS_KEY_ID: process.env.AWS_ACCESS_KEY_ID ?? '',
      AWS_SECRET_ACCESS_KEY: process.env.AWS_SECRET_ACCESS_KEY ?? '',
    }
    const endpoint = places.s3.cloud.endpoint ?? ''
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
