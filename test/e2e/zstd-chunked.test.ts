import { mkdir, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { copyImage } from '../../src/index.ts'
import { digestOf } from '../../src/model/digest.ts'
import { type BuiltImage, buildImage } from '../../src/testing/build-image.ts'
import { readChunkedLayer, type TocElement } from '../../src/testing/read-chunked-layer.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { runProgram } from '../services/engine-process.ts'
import { ownNamespaces } from '../services/engine-refusal.ts'
import { peer, servicePath } from '../services/peer.ts'
import { writePodmanSettings } from '../services/podman-settings.ts'
import { startRegistry } from '../services/start-registry.ts'
import { chunkedImage, everything } from './chunked-image.ts'
import { fixtures, newFolder } from './lading.ts'

/** The layers of the images that we keep, as archives. */
async function archivesOf(image: string): Promise<Buffer[]> {
  const blobs = path.join(fixtures, 'oci', image, 'blobs/sha256')
  const contents = await Promise.all((await readdir(blobs)).map(name => readFile(path.join(blobs, name))))
  return contents.filter(bytes => bytes.readUInt16BE(0) === 0x1f8b).map(bytes => gunzipSync(bytes))
}

/** The only layer of an image in a layout, and what the manifest says of it. */
async function layerIn(layout: string) {
  const read = async (digest: string) => await readFile(path.join(layout, 'blobs/sha256', digest.slice(7)))
  const index = JSON.parse(await readFile(path.join(layout, 'index.json'), 'utf8'))
  const manifest = JSON.parse((await read(index.manifests[0].digest)).toString())
  return { descriptor: manifest.layers[0], bytes: await read(manifest.layers[0].digest) }
}

function layerOf({ root, blobs }: BuiltImage) {
  const [descriptor] = JSON.parse(Buffer.from(blobs.get(root.digest) ?? '').toString()).layers
  return { descriptor, bytes: blobs.get(descriptor.digest) ?? new Uint8Array() }
}

/** Compressed by another program, frames have other lengths. And three fields stand twice in ours, for readers that others fail. */
function withoutPlaces({ offset, endOffset, UID, GID, ModTime, ...rest }: TocElement) {
  return { ...rest, placed: [offset, endOffset].map(place => place !== undefined) }
}

describeWithServices(['skopeo'], 'zstd:chunked of skopeo and ours', () => {
  test('say the same of the same layer', async () => {
    const archives = [
      everything,
      ...(await archivesOf('many-layers')),
      ...(await archivesOf('hello-world-docker-v2-manifest-list')),
    ]
    expect(archives.length).toBeGreaterThan(3)
    for (const archive of archives) {
      const folder = await newFolder()
      await writeLayout(path.join(folder, 'plain'), { v1: buildImage({ layers: [archive] }) })
      const format = ['--dest-compress-format', 'zstd:chunked', '--dest-force-compress-format']
      await peer('skopeo').run(['copy', ...format, `oci:${folder}/plain:v1`, `oci:${folder}/theirs:v1`])
      const their = await layerIn(path.join(folder, 'theirs'))
      const our = layerOf(await chunkedImage(archive))
      const theirs = await readChunkedLayer(their.bytes, their.descriptor.annotations)
      const ours = await readChunkedLayer(our.bytes, our.descriptor.annotations)
      expect(ours.entries.map(withoutPlaces)).toEqual(theirs.entries.map(withoutPlaces))
      expect(ours.split).toEqual(theirs.split)
      expect(our.descriptor.mediaType).toBe(their.descriptor.mediaType)
      const former = ['manifest-checksum', 'manifest-position'].map(name => `io.containers.zstd-chunked.${name}`)
      const names = Object.keys(our.descriptor.annotations).filter(name => !former.includes(name))
      expect(names.toSorted()).toEqual(Object.keys(their.descriptor.annotations).toSorted())
    }
  })
})

describeWithServices(['skopeo', 'crane', 'docker-registry'], 'our zstd:chunked', () => {
  test('is zstd to skopeo and crane', async () => {
    await using registry = await startRegistry()
    const folder = await newFolder()
    await writeLayout(`${folder}/gzip`, { v1: buildImage({ layers: [everything], gzip: true }) })
    const image = `${registry.host}/chunked/app:v1`
    const chunked = { compression: 'zstd:chunked', recompress: 'all' } as const
    await copyImage(`oci:${folder}/gzip:v1`, `docker://${image}`, chunked)
    await peer('skopeo').run([
      'copy',
      '--src-tls-verify=false',
      '--dest-decompress',
      `docker://${image}`,
      `dir:${folder}/plain`,
    ])
    expect(await readdir(`${folder}/plain`)).toContain(digestOf(everything).slice(7))
    await peer('crane').run(['export', image, `${folder}/tree.tar`])
    expect((await readFile(`${folder}/tree.tar`)).includes('some words\n')).toBe(true)
  })
})

describeWithServices(['podman', 'skopeo', 'docker-registry'], 'our zstd:chunked in containers’ storage', () => {
  /** What one shell prints, in namespaces of its own: nothing that it mounts outlives it. */
  async function inStorage(script: (image: string) => string) {
    await using registry = await startRegistry()
    const folder = await newFolder()
    await writeLayout(`${folder}/gzip`, { v1: buildImage({ layers: [everything], gzip: true }) })
    const image = `${registry.host}/chunked/app:v1`
    const chunked = { compression: 'zstd:chunked', recompress: 'all' } as const
    await copyImage(`oci:${folder}/gzip:v1`, `docker://${image}`, chunked)
    await mkdir(`${folder}/c`)
    const env = await writePodmanSettings(`${folder}/c`, path.dirname(servicePath('podman')))
    const command = `set -e; mount -t tmpfs tmpfs /run; cd ${folder}; { ${script(image)}; } 2>&1`
    const printed = await runProgram('unshare', [...ownNamespaces, 'sh', '-c', command], { env })
    return { printed: printed.toString(), registry: registry.log(), folder }
  }

  // podman 4.3.1 now and then adds up a file with holes wrong, and then takes the whole layer.
  test('podman gets the parts that it needs', { retry: 3 }, async () => {
    const { printed, registry } = await inStorage(
      image => `podman --log-level debug pull --tls-verify=false ${image}
cd "$(podman image mount ${image})" && find . -type f -exec sha256sum {} + && readlink d/link && stat -c '%n %u:%g %a %h %Y' d/small d/large`,
    )
    expect(printed).toContain('Retrieved partial blob')
    expect(printed).not.toContain('Failed to retrieve partial blob')
    // A part of the layer, and not the layer.
    expect(registry).toContain('" 206 ')
    const { descriptor, bytes } = layerOf(await chunkedImage(everything))
    const { entries } = await readChunkedLayer(bytes, descriptor.annotations)
    const files = entries.filter(({ digest }) => digest !== undefined)
    expect(files.length).toBeGreaterThan(5)
    for (const { digest = '', name } of files) expect(printed).toContain(`${digest.slice(7)}  ./${name}\n`)
    expect(printed).toMatch(/\nsmall\nd\/small 10:11 644 1 1676081040\nd\/large 0:0 644 2 0\n/)
  })

  test('skopeo does too, and gives the very same archive back', async () => {
    const { printed, folder } = await inStorage(
      image => `${servicePath('skopeo')} --debug copy --src-tls-verify=false docker://${image} containers-storage:localhost/app:v1
${servicePath('skopeo')} copy containers-storage:localhost/app:v1 dir:back`,
    )
    expect(printed).toContain('Retrieved partial blob')
    expect(printed).not.toContain('Failed to retrieve partial blob')
    expect(await readdir(path.join(folder, 'back'))).toContain(digestOf(everything).slice(7))
  })
})
