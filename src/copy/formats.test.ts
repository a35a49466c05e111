import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type Digest, digestOf } from '../model/digest.ts'
import { dockerConfig, dockerManifest, dockerManifestList, ociIndex, ociManifest } from '../model/media-types.ts'
import { type BuiltImage, buildImage, buildIndex } from '../testing/build-image.ts'
import { startFakeRegistry } from '../testing/fake-registry.ts'
import { writeLayout } from '../testing/write-layout.ts'
import { convertManifest } from '../transform/index.ts'
import { copyImage } from './copy-image.ts'
import type { CopyOptions } from './copy-options.ts'
import type { CopyEvent } from './events.ts'

const one = () => buildImage({ layers: [Buffer.from('a layer')], gzip: true })
const several = () => buildIndex({ 'linux/amd64': {}, 'linux/arm64': {} }, { attestations: true })

/** An index of OCI's that names a manifest of Docker's. */
function mixed(): BuiltImage {
  const { root: oci, blobs } = one()
  const { bytes: docker, mediaType } = convertManifest(blobs.get(oci.digest) ?? Buffer.of(), 'v2s2')
  const platform = { os: 'linux', architecture: 'amd64' }
  const entry = { mediaType, digest: digestOf(docker), size: docker.byteLength, platform }
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests: [entry] }))
  const root = { kind: 'index', mediaType: ociIndex, digest: digestOf(bytes), size: bytes.byteLength } as const
  return { root, blobs: new Map([...blobs, [entry.digest, docker], [root.digest, bytes]]) }
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lading-test-'))
})

async function registry(refused: readonly string[] = []) {
  const server = await startFakeRegistry({ quirks: { refusedManifestTypes: refused } })
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server
}

async function copy(image: BuiltImage, options: CopyOptions, refused: readonly string[] = []) {
  const { host } = await registry(refused)
  await writeLayout(path.join(folder, 'here'), { v1: image })
  const events: CopyEvent[] = []
  const onEvent = (event: CopyEvent) => void events.push(event)
  const to = `docker://${host}/app:v1`
  const result = await copyImage(`oci:${folder}/here:v1`, to, { ...options, onEvent })
  const warnings = events.flatMap(event => (event.type === 'warning' ? [event.message] : []))
  return { result, warnings, events, to, read: (digest: Digest) => readJson(host, digest) }
}

interface Document {
  readonly mediaType: string
  readonly config: { readonly mediaType: string; readonly digest: Digest }
  readonly manifests: readonly { readonly digest: Digest; readonly mediaType: string }[]
}

async function readJson(host: string, name: string): Promise<Document> {
  const answer = await fetch(`http://${host}/v2/app/manifests/${name}`, { headers: { accept: '*/*' } })
  return (await answer.json()) as Document
}

describe('a format that is asked for', () => {
  test('is what one image gets, and its config stays as it is', async () => {
    const image = one()
    const { result, read } = await copy(image, { format: 'v2s2' })
    expect(result).toMatchObject({ mediaType: dockerManifest, rewritten: 'converted to v2s2' })
    const manifest = await read(result.digest)
    expect(manifest).toMatchObject({ mediaType: dockerManifest, config: { mediaType: dockerConfig } })
    expect(image.blobs.has(manifest.config.digest)).toBe(true)
  })

  test('is what an index and all below it get; attestations have no place in Docker’s', async () => {
    const { result, read, warnings } = await copy(several(), { format: 'v2s2' })
    expect(result).toMatchObject({ mediaType: dockerManifestList, rewritten: 'converted to v2s2' })
    const { manifests } = await read(result.digest)
    expect(manifests).toHaveLength(2)
    for (const { digest, mediaType } of manifests) {
      expect(mediaType).toBe(dockerManifest)
      expect((await read(digest)).config.mediaType).toBe(dockerConfig)
    }
    expect(warnings).toEqual([expect.stringContaining('attestations')])
  })

  test('changes nothing where the image has it', async () => {
    const { result } = await copy(one(), { format: 'oci' })
    expect(result.rewritten).toBeUndefined()
  })

  test('cannot be what the layers’ compression has no name in', async () => {
    await expect(copy(one(), { format: 'v2s2', compression: 'zstd', recompress: 'all' })).rejects.toMatchObject({
      code: 'bad-argument',
      hint: 'the format oci can',
    })
  })
})

test('layers in zstd make an OCI image of Docker’s', async () => {
  const { result: docker, to } = await copy(one(), { format: 'v2s2' })
  const again = await copyImage(to, `oci:${folder}/there:v1`, { compression: 'zstd', recompress: 'all' })
  expect(again).toMatchObject({ mediaType: ociManifest, sourceDigest: docker.digest })
  expect(again.rewritten).toBe('layers compressed with zstd; converted to oci')
  const back = await copyImage(`oci:${folder}/there:v1`, `oci:${folder}/back:v1`, { format: 'v2s2' })
  expect(back.rewritten).toBe('layers compressed with gzip; converted to v2s2')
})

describe('a registry that refuses the manifest', () => {
  test('gets it in the format that it takes, and no blob twice', async () => {
    const { result, warnings, events, read } = await copy(one(), {}, [ociManifest])
    expect(result.rewritten).toBe('converted to v2s2; the destination does not take oci')
    expect((await read(result.digest)).config.mediaType).toBe(dockerConfig)
    expect(warnings).toEqual([expect.stringContaining('trying v2s2')])
    const layers = events.filter(event => event.type === 'copied' && event.kind === 'layer')
    expect(layers).toHaveLength(1)
  })

  test('gets an index in the format that it takes', async () => {
    const { result } = await copy(several(), {}, [ociIndex, ociManifest])
    expect(result.mediaType).toBe(dockerManifestList)
  })

  test('gets an index of both families in the one that it takes', async () => {
    const { result, read } = await copy(mixed(), {}, [dockerManifest, dockerManifestList])
    expect(result).toMatchObject({
      mediaType: ociIndex,
      rewritten: 'converted to oci; the destination does not take what it is',
    })
    expect((await read(result.digest)).manifests[0]?.mediaType).toBe(ociManifest)
  })

  test('is offered schema 1 last, also of one platform of an index', async () => {
    const options = { platforms: [{ os: 'linux', architecture: 'amd64' }] }
    const failing = copy(several(), options, [ociManifest, ociIndex, dockerManifest, dockerManifestList])
    await expect(failing).rejects.toMatchObject({
      code: 'manifest-refused',
      message: expect.stringMatching(/what it is \(.*\), v2s2 \(.*\), oci \(.*\), v2s1 \(/),
    })
  })

  test('and every other format is told all that was tried', async () => {
    const failing = copy(one(), {}, [ociManifest, dockerManifest])
    await expect(failing).rejects.toMatchObject({
      code: 'manifest-refused',
      message: expect.stringMatching(/oci \(.*\), v2s2 \(.*/),
    })
  })

  test.each<CopyOptions>([{ format: 'oci' }, { preserveDigests: true }])('gets no other where %j', async options => {
    await expect(copy(one(), options, [ociManifest])).rejects.toMatchObject({ code: 'manifest-refused' })
  })
})

describe('digests that are to be preserved', () => {
  test('are', async () => {
    const image = several()
    expect((await copy(image, { preserveDigests: true })).result.digest).toBe(image.root.digest)
  })

  test.each<[CopyOptions, string]>([
    [{ format: 'v2s2' }, 'converted to v2s2'],
    [{ compression: 'zstd', recompress: 'all' }, 'layers compressed with zstd'],
    [
      {
        platforms: [
          { os: 'linux', architecture: 'amd64' },
          { os: 'linux', architecture: 'arm64' },
        ],
      },
      'the index would be rewritten',
    ],
  ])('are an error with %j', async (options, why) => {
    const image = options.platforms ? buildIndex({ 'linux/amd64': {}, 'linux/arm64': {}, 'linux/s390x': {} }) : one()
    const failing = copy(image, { ...options, preserveDigests: true })
    await expect(failing).rejects.toMatchObject({ code: 'unsupported', message: expect.stringContaining(why) })
  })

  test('are an error where a manifest below the index would be converted', async () => {
    const failing = copy(mixed(), { format: 'oci', preserveDigests: true })
    await expect(failing).rejects.toMatchObject({ code: 'unsupported', message: expect.stringContaining('to oci') })
  })

  test('are an error where the destination keeps no manifest', async () => {
    await writeLayout(path.join(folder, 'here'), { v1: one() })
    const failing = copyImage(`oci:${folder}/here:v1`, `docker-archive:${folder}/a.tar`, { preserveDigests: true })
    await expect(failing).rejects.toMatchObject({ code: 'unsupported' })
  })
})
