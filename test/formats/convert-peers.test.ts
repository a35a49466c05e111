import { readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { digestOf } from '../../src/model/digest.ts'
import { type ImageIndex, type ImageManifest, parseManifest } from '../../src/model/manifest.ts'
import { dockerManifest, ociIndex, ociManifest } from '../../src/model/media-types.ts'
import { convertIndex, convertManifest } from '../../src/transform/index.ts'
import { newFolder } from '../e2e/lading.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { peer } from '../services/peer.ts'
import { readBlob, readManifest, writeFolder, writeImage } from './image-folder.ts'

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

describeWithServices(['skopeo'], 'a manifest that we convert', () => {
  const skopeo = async (folder: string, ...options: string[]) => {
    const to = path.join(await newFolder(), 'to')
    await peer('skopeo').run(['copy', ...options, `dir:${folder}`, `dir:${to}`])
    return to
  }
  const config = { os: 'linux', architecture: 'arm64', history: [{ created_by: 'a' }, { created_by: 'b' }] }

  test('to schema 2 has the bytes that skopeo gives it', async () => {
    const { folder, manifest } = await writeImage(['a', 'b'], config)
    const theirs = await readManifest(await skopeo(folder, '--format', 'v2s2'))
    expect(text(convertManifest(manifest, 'v2s2').bytes)).toBe(text(theirs))
  })

  test('to OCI differs from skopeo’s in the config alone, whose bytes we keep', async () => {
    const { folder, config: bytes } = await writeImage(['a', 'b'], { ...config, docker_version: '20' })
    const docker = await skopeo(folder, '--format', 'v2s2')
    const theirs = parseManifest(await readManifest(await skopeo(docker, '--format', 'oci'))) as ImageManifest
    const ours = parseManifest(convertManifest(await readManifest(docker), 'oci').bytes) as ImageManifest
    expect(ours.layers).toEqual(theirs.layers)
    expect(ours.config.mediaType).toBe(theirs.config.mediaType)
    expect(ours.config.digest).toBe(digestOf(bytes))
    expect(theirs.config.digest).not.toBe(digestOf(bytes))
  })

  test('of an index, to a manifest list and back, has the bytes that skopeo gives it', async () => {
    const images = [await writeImage(['a'], config), await writeImage(['b'], { ...config, architecture: 'arm' })]
    const platforms = [
      { os: 'linux', architecture: 'arm64', variant: 'v8', 'os.version': '1', 'os.features': ['f'] },
      { os: 'linux', architecture: 'arm' },
    ]
    const manifests = images.map(({ manifest }, position) => ({
      mediaType: ociManifest,
      digest: digestOf(manifest),
      size: manifest.byteLength,
      platform: platforms[position],
    }))
    const bytes = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests }))
    const blobs = await Promise.all(
      images.flatMap(({ folder, config: bytes, layers }) => [
        bytes,
        ...layers.map(({ digest }) => readBlob(folder, digest)),
      ]),
    )
    // where a folder holds an index, the manifests of its images stand as files of another name
    const folder = await writeFolder(bytes, blobs)
    for (const { manifest } of images) {
      await writeFile(path.join(folder, `${digestOf(manifest).slice(7)}.manifest.json`), manifest)
    }
    const docker = await skopeo(folder, '--all', '--format', 'v2s2')
    const replacements = new Map(
      images.map(({ manifest }) => {
        const converted = convertManifest(manifest, 'v2s2').bytes
        const now = { mediaType: dockerManifest, digest: digestOf(converted), size: converted.byteLength }
        return [digestOf(manifest), now] as const
      }),
    )
    const list = convertIndex(bytes, 'v2s2', replacements)
    expect(text(list.bytes)).toBe(text(await readManifest(docker)))
    expect(await readdir(docker)).toContain(`${[...replacements.values()][0]?.digest.slice(7)}.manifest.json`)

    const oci = await skopeo(docker, '--all', '--format', 'oci')
    const theirs = parseManifest(await readManifest(oci)) as ImageIndex
    const back = convertIndex(
      list.bytes,
      'oci',
      new Map([...replacements.values()].map(({ digest }, position) => [digest, theirs.manifests[position] ?? null])),
    )
    expect(text(back.bytes)).toBe(text(await readManifest(oci)))
  })
})
