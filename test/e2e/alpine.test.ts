import { cp } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { copyImage, type Digest, inspectImage, listImages, type Platform, parsePlatform } from '../../src/index.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { peer } from '../services/peer.ts'
import { type RegistryServer, startRegistry } from '../services/start-registry.ts'
import { filesBelow, fixtures, lading, newFolder } from './lading.ts'

/** The layer of linux/arm64 that this store truly lacks. */
const missingLayer = 'sha256:d8ad8cd72600f46cc068e16c39046ebc76526e41051f43a8c249884b200936c0'
const alpineIndex = 'sha256:25109184c71bdad752c8312a8623239686a9a2071e8825f20acb8f2198c3f659'
const whole = [
  'linux/amd64',
  'linux/arm/v6',
  'linux/arm/v7',
  'linux/386',
  'linux/ppc64le',
  'linux/riscv64',
  'linux/s390x',
]
const platforms: Platform[] = whole.map(parsePlatform)

let store: string
beforeAll(async () => {
  store = path.join(await newFolder(), 'store')
  await cp(path.join(fixtures, 's3lo-store'), store, { recursive: true })
})

test('all eight platforms fail, the layer is named, and nothing is committed', async () => {
  const target = await newFolder()
  const run = await lading(['copy', `local://${store}//alpine:latest`, `local://${target}//alpine:latest`])
  expect(run.code).toBe(2)
  expect(run.stderr).toContain(missingLayer)
  expect(run.stdout).toBe('')
  expect((await filesBelow(target)).filter(file => file.startsWith('manifests/'))).toEqual([])
})

test('one whole platform gives its own manifest, and says that the attestation stayed behind', async () => {
  const target = await newFolder()
  const run = await lading([
    'copy',
    '--platform',
    'linux/amd64',
    `local://${store}//alpine:latest`,
    `local://${target}//alpine:amd64`,
  ])
  expect(run).toMatchObject({ code: 0 })
  expect(run.stdout).toMatch(/attestation/)
  const { kind, platforms: described } = await inspectImage(`local://${target}//alpine:amd64`)
  expect(kind).toBe('manifest')
  expect(described.map(({ platform }) => platform)).toEqual(['linux/amd64'])
})

test('arm without a variant is v7, and a platform that is not there is an error that lists what is', async () => {
  const target = await newFolder()
  const source = `local://${store}//alpine:latest`
  const { platforms: chosen } = await copyImage(source, `local://${target}//alpine:arm`, {
    platforms: [parsePlatform('linux/arm')],
  })
  expect(chosen).toEqual(['linux/arm/v7'])
  const run = await lading(['copy', '--platform', 'windows/amd64', source, `local://${target}//alpine:win`])
  expect(run.code).toBe(2)
  expect(run.stderr).toContain('linux/s390x')
  expect(run.stderr).toContain(`select platforms ${source} (source)`)
})

describeWithServices(['docker-registry', 'skopeo', 'crane'], 'the seven whole platforms of alpine', () => {
  let registry: RegistryServer
  let rewritten: Digest
  let first: string
  beforeAll(async () => {
    registry = await startRegistry()
    first = `local://${await newFolder()}//alpine:seven`
    const result = await copyImage(`local://${store}//alpine:latest`, first, { platforms })
    rewritten = result.digest
    expect(result).toMatchObject({ sourceDigest: alpineIndex, leftOut: ['linux/arm64/v8'], attestationsLeftOut: 0 })
  })
  afterAll(() => registry.stop())

  test('keep every digest through bucket, registry, bucket, layout and registry', async () => {
    const folder = await newFolder()
    const steps = [
      first,
      `${registry.host}/mirror/alpine:seven`,
      `local://${folder}/again//app/alpine:seven`,
      `oci:${folder}/layout:seven`,
      `docker://${registry.host}/other/alpine:seven`,
    ]
    const views = [await view(first)]
    for (const [at, target] of steps.entries()) {
      const source = steps[at - 1]
      if (source === undefined) continue
      const result = await copyImage(source, target)
      expect(result).toMatchObject({ digest: rewritten, sourceDigest: rewritten, changed: true })
      expect(result.rewritten).toBeUndefined()
      views.push(await view(target))
    }
    for (const other of views) expect(other).toEqual(views[0])
    expect(views[0]?.manifests).toHaveLength(14)
    const original = await inspectImage(`local://${store}//alpine:latest`)
    const digests = new Set(original.platforms.map(({ digest }) => digest))
    expect(views[0]?.manifests.every(digest => digests.has(digest))).toBe(true)
  })

  test('are read by skopeo and by crane, in the registry and in the layout', async () => {
    const layout = path.join(await newFolder(), 'layout')
    await copyImage(first, `${registry.host}/peers/alpine:seven`)
    await copyImage(first, `oci:${layout}:seven`)
    const skopeo = peer('skopeo')
    const crane = peer('crane')
    const url = `docker://${registry.host}/peers/alpine:seven`
    expect(
      (
        await skopeo.run([
          'inspect',
          '--tls-verify=false',
          '--format',
          '{{.Digest}}',
          '--override-os',
          'linux',
          '--override-arch',
          'amd64',
          url,
        ])
      ).trim(),
    ).toBe(rewritten)
    const pulled = path.join(await newFolder(), 'pulled')
    await crane.run(['pull', '--insecure', '--format', 'oci', `${registry.host}/peers/alpine:seven`, pulled])
    expect((await inspectImage(`oci:${pulled}`)).digest).toBe(rewritten)
    expect((await crane.run(['digest', '--insecure', `${registry.host}/peers/alpine:seven`])).trim()).toBe(rewritten)
    const onward = path.join(await newFolder(), 'onward')
    await skopeo.run(['copy', '--all', '--preserve-digests', `oci:${layout}:seven`, `oci:${onward}:seven`])
    expect((await inspectImage(`oci:${onward}:seven`)).digest).toBe(rewritten)
  })

  test('are listed without a manifest being read', async () => {
    const bucket = first.slice(0, first.indexOf('//', 'local://'.length) + 2)
    const names = []
    for await (const { image, tag } of listImages(bucket)) names.push(`${image}:${tag}`)
    expect(names).toEqual(['alpine:seven'])
  })
})

async function view(reference: string) {
  const { digest, mediaType, platforms: described } = await inspectImage(reference)
  return {
    digest,
    mediaType,
    manifests: described.map(each => each.digest),
    layers: described.flatMap(({ layers }) => layers.map(layer => layer.digest)),
  }
}
