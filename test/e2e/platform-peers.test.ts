import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { copyImage } from '../../src/index.ts'
import type { Descriptor } from '../../src/model/descriptor.ts'
import { type Digest, digestOf } from '../../src/model/digest.ts'
import { ociIndex } from '../../src/model/media-types.ts'
import { overridePlatform } from '../../src/model/platform.ts'
import { type BuiltImage, buildImage, buildIndex } from '../../src/testing/build-image.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { peer } from '../services/peer.ts'
import { startRegistry } from '../services/start-registry.ts'
import { newFolder } from './lading.ts'

/** An index whose entries are these, each over an image of its own. */
function indexOf(entries: readonly Partial<Descriptor>[]): BuiltImage {
  const blobs = new Map<Digest, Uint8Array>()
  const manifests = entries.map((entry, position) => {
    const image = buildImage({ layers: [new Uint8Array(1024)], gzip: true, run: { Cmd: [`${position}`] } })
    for (const [digest, bytes] of image.blobs) blobs.set(digest, bytes)
    const { kind: _, ...root } = image.root
    return { ...root, ...entry }
  })
  const bytes = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests }))
  const root = { kind: 'index', mediaType: ociIndex, digest: digestOf(bytes), size: bytes.byteLength } as const
  return { root, blobs: blobs.set(root.digest, bytes) }
}

const on = (architecture: string, variant?: string, os = 'linux'): Partial<Descriptor> => ({
  platform: { os, architecture, ...(variant === undefined ? {} : { variant }) },
})
const zstd = { annotations: { 'io.github.containers.compression.zstd': 'true' } }
const arms = ['v5', 'v6', 'v7', 'v8'].map(variant => on('arm', variant))

describeWithServices(['skopeo'], 'what is chosen from an index is what skopeo chooses', () => {
  const indexes = {
    arms: indexOf([on('amd64'), ...arms]),
    withBare: indexOf([...arms, on('arm'), on('arm64', 'v8'), on('arm64')]),
    oldArms: indexOf([on('arm', 'v5'), on('arm', 'v6'), on('arm64', 'v8')]),
    bareArm: indexOf([on('s390x'), on('arm')]),
    levels: indexOf([on('amd64', 'v2'), on('amd64'), on('amd64', 'v3')]),
    silent: indexOf([{}, on('arm64', 'v8'), {}]),
    systems: indexOf([on('amd64', undefined, 'windows'), on('amd64'), on('amd64', undefined, 'freebsd')]),
    zstdLast: indexOf([on('amd64'), { ...on('amd64'), ...zstd }]),
    zstdFirst: indexOf([{ ...on('amd64'), ...zstd }, on('amd64')]),
    zstdOlder: indexOf([{ ...on('arm', 'v6'), ...zstd }, on('arm', 'v7')]),
  }
  let layout: string
  beforeAll(async () => {
    layout = path.join(await newFolder(), 'layout')
    await writeLayout(layout, indexes)
  })

  async function skopeoChooses(name: string, words: Readonly<Record<string, string>>): Promise<Digest | undefined> {
    const folder = path.join(await newFolder(), 'image')
    const options = Object.entries(words).flatMap(([word, value]) => [`--override-${word}`, value])
    const { code } = await peer('skopeo').attempt([...options, 'copy', `oci:${layout}:${name}`, `dir:${folder}`])
    return code === 0 ? digestOf(await readFile(path.join(folder, 'manifest.json'))) : undefined
  }

  test.each<[keyof typeof indexes, string, string, string?]>([
    ['arms', 'arm', 'v7'],
    ['arms', 'arm', 'v5'],
    ['arms', 'arm', 'v4'],
    ['arms', 'arm', ''],
    ['withBare', 'arm', ''],
    ['withBare', 'arm', 'v8'],
    ['withBare', 'arm', 'v4'],
    ['withBare', 'arm64', ''],
    ['withBare', 'arm64', 'v8'],
    ['withBare', 'arm64', 'v9'],
    ['oldArms', 'arm', 'v8'],
    ['oldArms', 'arm', ''],
    ['oldArms', 'arm64', ''],
    ['bareArm', 'arm', 'v7'],
    ['levels', 'amd64', ''],
    ['levels', 'amd64', 'v3'],
    ['levels', 'amd64', 'v4'],
    ['silent', 'arm64', ''],
    ['silent', 'amd64', ''],
    ['systems', 'amd64', '', 'freebsd'],
    ['systems', 'amd64', '', 'plan9'],
    ['zstdLast', 'amd64', ''],
    ['zstdFirst', 'amd64', ''],
    ['zstdOlder', 'arm', 'v7'],
  ])('%s for %s, variant "%s", os %s', async (name, arch, variant, os = 'linux') => {
    const theirs = await skopeoChooses(name, { os, arch, ...(variant === '' ? {} : { variant }) })
    const system = overridePlatform({ os, architecture: arch, ...(variant === '' ? {} : { variant }) })
    const to = `dir:${path.join(await newFolder(), 'image')}`
    const ours = copyImage(`oci:${layout}:${name}`, to, { onePlatform: true, platformMatching: 'compatible', system })
    if (theirs === undefined) await expect(ours).rejects.toMatchObject({ code: 'platform-not-found' })
    else expect((await ours).digest).toBe(theirs)
  })

  test.each(['zstdLast', 'zstdFirst'])('%s, on its way into docker-archive:', async name => {
    const folder = await newFolder()
    const archive = (by: string) => `docker-archive:${path.join(folder, by)}:app:v1`
    await peer('skopeo').run(['copy', `oci:${layout}:${name}`, archive('theirs')])
    await copyImage(`oci:${layout}:${name}`, archive('ours'))
    const [theirs, ours] = await Promise.all(
      ['theirs', 'ours'].map(by => peer('skopeo').run(['inspect', '--config', '--raw', archive(by)])),
    )
    expect(ours).toBe(theirs)
  })
})

const image = buildIndex(
  { 'linux/amd64': { gzip: true }, 'linux/arm64': { gzip: true }, 'linux/s390x': { gzip: true } },
  { attestations: true },
)
const amd64 = { platforms: [{ os: 'linux', architecture: 'amd64' }] }

describeWithServices(['skopeo'], 'an index alone', () => {
  test.each([
    ['dir:', 'image'],
    ['oci:', 'image:v1'],
    ['oci-archive:', 'image:v1'],
  ])('in %s is what skopeo writes', async (transport, name) => {
    const folder = await newFolder()
    await writeLayout(path.join(folder, 'from'), { v1: image })
    const from = `oci:${folder}/from:v1`
    const ours = `${transport}${folder}/ours-${name}`
    const theirs = `${transport}${folder}/theirs-${name}`
    const result = await copyImage(from, ours, { index: 'alone', preserveDigests: true })
    expect(result).toMatchObject({ digest: image.root.digest, platforms: [], blobs: { copied: 0, present: 0 } })
    await peer('skopeo').run(['copy', '--multi-arch', 'index-only', from, theirs])
    const raw = (where: string) => peer('skopeo').run(['inspect', '--raw', where])
    expect(await raw(ours)).toBe(await raw(theirs))
    expect(await copyImage(from, ours, { index: 'alone' })).toMatchObject({ changed: false })
  })
})

describeWithServices(['docker-registry'], 'an index that keeps its bytes, in a registry', () => {
  test('is refused where its manifests are not there, and taken where they are', async () => {
    await using registry = await startRegistry()
    const folder = await newFolder()
    await writeLayout(folder, { v1: image })
    const from = `oci:${folder}:v1`
    const to = `docker://${registry.host}/app`
    for (const index of ['alone', 'sparse'] as const) {
      const sparse = index === 'sparse' ? amd64 : {}
      await expect(copyImage(from, `${to}:v1`, { index, ...sparse })).rejects.toMatchObject({
        code: 'blob-not-found',
        side: 'destination',
      })
    }
    await copyImage(from, `${to}:whole`)
    expect(await copyImage(from, `${to}:v1`, { index: 'alone' })).toMatchObject({
      digest: image.root.digest,
      changed: true,
    })
  })
})
