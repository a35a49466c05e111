import { createHash, randomFillSync } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Descriptor } from '../src/model/descriptor.ts'
import { type Digest, digestOf, digestParts } from '../src/model/digest.ts'
import { ociConfig, ociIndex, ociLayer, ociLayerGzip, ociManifest } from '../src/model/media-types.ts'
import { parsePlatform } from '../src/model/platform.ts'
import { tarEntry } from '../src/testing/tar-blocks.ts'

export interface BenchImage {
  /** An OCI layout, with the image under the name `v1`. */
  readonly layout: string
  readonly root: Descriptor
  /** Files below `blobs/sha256`: layers, configs, manifests and the index. */
  readonly blobs: number
  /** Bytes of the layers, as they are stored. */
  readonly bytes: number
}

export interface BenchImageRecipe {
  readonly platforms?: number
  /** Of each platform. Every layer is another. */
  readonly layers: number
  readonly layerBytes: number
  /** Default `stored`: gzip in form, as registries have it, that nothing makes smaller. */
  readonly form?: 'stored' | 'gzip' | 'tar'
  /** What the one file of each layer holds. Default: random bytes, which no compression makes smaller. */
  readonly content?: (bytes: number) => Iterable<Uint8Array> | AsyncIterable<Uint8Array>
}

const platformNames = [
  'amd64',
  'arm64',
  'arm/v7',
  'arm/v6',
  '386',
  'ppc64le',
  's390x',
  'riscv64',
  'mips64le',
  'loong64',
]
const block = 1024 * 1024

function* randomContent(bytes: number): Iterable<Uint8Array> {
  for (let at = 0; at < bytes; at += block) yield randomFillSync(Buffer.allocUnsafe(Math.min(block, bytes - at)))
}

/** Writes an image whose layers are real archives, straight to the disk and in little memory. */
export async function writeBenchImage(layout: string, recipe: BenchImageRecipe): Promise<BenchImage> {
  const { platforms = 1, layers, layerBytes, form = 'stored', content = randomContent } = recipe
  const blobFolder = path.join(layout, 'blobs/sha256')
  await mkdir(blobFolder, { recursive: true })
  let blobs = 0
  let bytes = 0

  async function add(value: unknown, mediaType: string): Promise<Descriptor> {
    const text = new TextEncoder().encode(JSON.stringify(value))
    const digest = digestOf(text)
    await writeFile(path.join(blobFolder, digestParts(digest).hex), text)
    blobs++
    return { mediaType, digest, size: text.byteLength }
  }

  async function addLayer(): Promise<{ layer: Descriptor; diffId: Digest }> {
    const plain = createHash('sha256')
    const stored = createHash('sha256')
    let size = 0
    const draft = path.join(layout, 'draft')
    const archive = async function* () {
      for await (const chunk of tarOf(content(layerBytes), layerBytes)) {
        plain.update(chunk)
        yield chunk
      }
    }
    const count = async function* (source: AsyncIterable<Uint8Array>) {
      for await (const chunk of source) {
        stored.update(chunk)
        size += chunk.byteLength
        yield chunk
      }
    }
    const from = Readable.from(archive())
    const to = createWriteStream(draft)
    if (form === 'tar') await pipeline(from, count, to)
    else await pipeline(from, createGzip({ level: form === 'stored' ? 0 : 6, chunkSize: block }), count, to)
    const hex = stored.digest('hex')
    await rename(draft, path.join(blobFolder, hex))
    blobs++
    bytes += size
    const mediaType = form === 'tar' ? ociLayer : ociLayerGzip
    return { layer: { mediaType, digest: `sha256:${hex}`, size }, diffId: `sha256:${plain.digest('hex')}` }
  }

  const manifests: Descriptor[] = []
  for (const name of platformNames.slice(0, platforms)) {
    const platform = parsePlatform(`linux/${name}`)
    const made = []
    for (let at = 0; at < layers; at++) made.push(await addLayer())
    const rootfs = { type: 'layers', diff_ids: made.map(({ diffId }) => diffId) }
    const config = await add({ ...platform, config: {}, rootfs }, ociConfig)
    const manifest = { schemaVersion: 2, mediaType: ociManifest, config, layers: made.map(({ layer }) => layer) }
    manifests.push({ ...(await add(manifest, ociManifest)), ...(platforms === 1 ? {} : { platform }) })
  }
  const [only] = manifests
  if (only === undefined) throw new Error('an image has a platform at least')
  const root = platforms === 1 ? only : await add({ schemaVersion: 2, mediaType: ociIndex, manifests }, ociIndex)
  const named = { ...root, annotations: { 'org.opencontainers.image.ref.name': 'v1' } }
  await writeFile(path.join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  await writeFile(path.join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [named] }))
  return { layout, root, blobs, bytes }
}

/** An archive with one file. */
async function* tarOf(
  content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  bytes: number,
): AsyncGenerator<Uint8Array> {
  yield tarEntry({ name: 'content', size: `${bytes.toString(8).padStart(11, '0')}\0` })
  yield* content
  yield Buffer.alloc((512 - (bytes % 512)) % 512)
  yield Buffer.alloc(1024)
}
