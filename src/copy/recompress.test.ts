import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { beforeEach, describe, expect, test } from 'vitest'
import { type Digest, digestOf, digestParts } from '../model/digest.ts'
import { layerForm } from '../model/layer-form.ts'
import { parseManifest } from '../model/manifest.ts'
import { layerCompression, ociLayer, ociLayerGzip } from '../model/media-types.ts'
import { bytesOf, decompress, readAll, sniffCompression } from '../streams/index.ts'
import { type BuiltImage, buildImage } from '../testing/build-image.ts'
import { tarArchive } from '../testing/tar-blocks.ts'
import { writeLayout } from '../testing/write-layout.ts'
import { copyImage } from './copy-image.ts'
import type { CopyOptions } from './copy-options.ts'

const plain = Buffer.alloc(300_000, 'a layer; ')
const gzipped = buildImage({ layers: [plain], gzip: true })
const unpacked = buildImage({ layers: [plain] })

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lading-test-'))
})

async function copy(image: BuiltImage, options: CopyOptions, to = 'there') {
  await writeLayout(path.join(folder, 'here'), { v1: image })
  const result = await copyImage(`oci:${folder}/here:v1`, `oci:${folder}/${to}:v1`, options)
  const manifest = parseManifest(await blob(result.digest, to))
  const layer = manifest.kind === 'manifest' ? manifest.layers[0] : undefined
  if (layer === undefined) throw new Error('no layer')
  return { result, layer, bytes: await blob(layer.digest, to) }
}

async function blob(digest: Digest, to: string): Promise<Buffer> {
  const { algorithm, hex } = digestParts(digest)
  return await readFile(path.join(folder, to, 'blobs', algorithm, hex))
}

describe('layers become', () => {
  test.each<[string, BuiltImage, CopyOptions, 'none' | 'gzip' | 'zstd']>([
    ['what is wanted, all of them', gzipped, { compression: 'zstd', recompress: 'all' }, 'zstd'],
    ['what is wanted, the uncompressed ones', unpacked, { compression: 'zstd', recompress: 'uncompressed' }, 'zstd'],
    ['nothing else where they are compressed', gzipped, { compression: 'zstd', recompress: 'uncompressed' }, 'gzip'],
    ['nothing else where nothing is wanted of them', unpacked, { compression: 'gzip' }, 'none'],
    ['uncompressed', gzipped, { compression: 'none', recompress: 'all' }, 'none'],
    ['what a level makes of them', unpacked, { compression: 'gzip', recompress: 'all', compressionLevel: 1 }, 'gzip'],
    [
      'known before they are sent',
      gzipped,
      { compression: 'zstd', recompress: 'all', precomputeDigests: true },
      'zstd',
    ],
  ])('%s', async (_, image, options, form) => {
    const { result, layer, bytes } = await copy(image, options)
    expect(layerCompression(layer.mediaType)).toBe(form)
    expect(sniffCompression(bytes)).toBe(form)
    const unpack = { none: (all: Buffer) => all, gzip: gunzipSync, zstd: zstdDecompressSync }[form]
    expect(unpack(bytes).equals(plain)).toBe(true)
    expect(result.rewritten === undefined).toBe(result.digest === image.root.digest)
  })
})

test('a layer that was compressed once is not compressed again, by whatever copy', async () => {
  const options = { compression: 'zstd', recompress: 'all', compressionLevel: 7 } as const
  const first = await copy(gzipped, options)
  expect(first.result.blobs.copied).toBe(2)
  const again = await copy(gzipped, options)
  expect(again.result).toMatchObject({ digest: first.result.digest, changed: false })
  expect(again.result.blobs.copied).toBe(0)
  const otherLevel = await copy(gzipped, { ...options, compressionLevel: 1 })
  expect(otherLevel.result.blobs.copied).toBe(1)
})

test('zstd:chunked says of its bytes what podman needs, also where it was compressed before', async () => {
  const tar = tarArchive({ name: 'a', body: 'content' })
  const image = buildImage({ layers: [tar], gzip: true })
  const options = { compression: 'zstd:chunked', recompress: 'all' } as const
  const { layer, bytes } = await copy(image, options)
  expect(layerForm(layer)).toBe('zstd:chunked')
  expect(Object.keys(layer.annotations ?? {})).toContain('io.github.containers.zstd-chunked.manifest-position')
  expect((await readAll(decompress(bytesOf(bytes).open(), 'zstd'), 1e6, 'the layer')).length).toBe(tar.length)
  const again = await copy(image, options)
  expect(again.layer).toEqual(layer)
  expect(again.result.changed).toBe(false)
  // It is zstd already.
  const zstd = { compression: 'zstd', recompress: 'all' } as const
  const onward = await copyImage(again.result.destination, `oci:${folder}/onward:v1`, zstd)
  expect(onward.digest).toBe(again.result.digest)
})

test('a layer whose digest is known first is not sent where it is', async () => {
  const options = { compression: 'zstd', recompress: 'all', precomputeDigests: true } as const
  const { layer } = await copy(gzipped, options)
  process.env.XDG_CACHE_HOME = path.join(folder, 'another-cache')
  const events: string[] = []
  const onEvent = (event: { type: string; digest?: string }) => {
    if (event.digest === layer.digest) events.push(event.type)
  }
  await copy(gzipped, { ...options, onEvent })
  expect(events).toEqual(['skipped'])
})

test.each<[CopyOptions, string]>([
  [{ compression: 'gzip', compressionLevel: 10 }, 'gzip has levels 1 to 9, and none of 10'],
  [{ compression: 'zstd', compressionLevel: 21 }, 'zstd has levels 1 to 20, and none of 21'],
  [{ compression: 'zstd', compressionLevel: 0 }, 'zstd has levels 1 to 20, and none of 0'],
])('a level that there is not is refused: %j', async (options, message) => {
  await expect(copy(gzipped, options)).rejects.toMatchObject({ code: 'bad-argument', message })
})

/** An image whose one layer is `plain`, by its config, and `layer` by its manifest. */
function withLayer(layer: Buffer, mediaType = ociLayerGzip): BuiltImage {
  const named = { mediaType, digest: digestOf(layer), size: layer.byteLength }
  const image = buildImage({ layers: [plain], manifest: { layers: [named] } })
  return { ...image, blobs: new Map([...image.blobs, [named.digest, layer]]) }
}

test.each<[string, Buffer, string]>([
  ['as uncompressed', gzipSync(plain), ociLayer],
  ['as gzip', zstdCompressSync(plain), ociLayerGzip],
])('a layer that is named %s is what it begins as', async (_, layer, mediaType) => {
  const options = { compression: 'zstd', recompress: 'all' } as const
  const { bytes } = await copy(withLayer(layer, mediaType), options)
  expect(zstdDecompressSync(bytes).equals(plain)).toBe(true)
})

test.each<[string, BuiltImage, CopyOptions, string]>([
  ['no archive', buildImage({ layers: [Buffer.from('a letter')] }), { compression: 'zstd:chunked' }, 'bad-archive'],
  [
    'cut off',
    withLayer(gzipSync(randomBytes(100_000)).subarray(0, 50_000)),
    { compression: 'zstd' },
    'bad-compression',
  ],
])('a layer that is %s is wrong at the source', async (_, image, options, code) => {
  await expect(copy(image, { ...options, recompress: 'all' })).rejects.toMatchObject({
    code,
    side: 'source',
    operation: 'read layer',
    subject: expect.stringMatching(/here:v1$/),
  })
})

test('what is kept on the disk on the way is kept where it is said', async () => {
  const large = buildImage({ layers: [randomBytes(9 * 1024 * 1024)] })
  const options = { compression: 'gzip', recompress: 'all', compressionLevel: 1, precomputeDigests: true } as const
  const missing = path.join(folder, 'missing')
  await expect(copy(large, { ...options, temporaryFolder: missing })).rejects.toMatchObject({
    subject: expect.stringContaining(missing),
  })
  expect((await copy(large, { ...options, temporaryFolder: folder })).result.changed).toBe(true)
})

test('a compressed layer that is named as an uncompressed one is unpacked where that is wanted', async () => {
  const image = withLayer(gzipSync(plain), ociLayer)
  const { bytes, result } = await copy(image, { compression: 'none', recompress: 'all' })
  expect(bytes.equals(plain)).toBe(true)
  expect(result.rewritten).toBe('layers unpacked')
  await copyImage(`oci:${folder}/here:v1`, `docker-archive:${folder}/a.tar:app:v1`)
})
