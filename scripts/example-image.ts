import { gunzipSync, gzipSync } from 'node:zlib'
import { type Digest, digestOf, digestParts } from '../src/model/digest.ts'
import { ociConfig, ociIndex, ociLayerGzip, ociManifest } from '../src/model/media-types.ts'

const tag = 'v1'
const architectures = ['amd64', 'arm64']

/**
 * The files of `examples/hello`, by path: an OCI image layout of one image for two platforms.
 *
 * Nothing of the machine or the day goes in, so the same Node makes the same bytes. Only gzip may differ between builds of Node.
 */
export function exampleImage(): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>([['oci-layout', json({ imageLayoutVersion: '1.0.0' })]])
  const add = (mediaType: string, bytes: Uint8Array) => {
    const digest = digestOf(bytes)
    files.set(blobPath(digest), bytes)
    return { mediaType, digest, size: bytes.byteLength }
  }
  const manifests = architectures.map(architecture => {
    const tar = tarOf('hello.txt', Buffer.from(`Hello from lading on linux/${architecture}.\n`))
    const layer = add(ociLayerGzip, gzipSync(tar, { level: 9 }))
    const config = add(
      ociConfig,
      json({
        created: '1970-01-01T00:00:00Z',
        architecture,
        os: 'linux',
        config: { Cmd: ['cat', '/hello.txt'], Labels: { 'org.opencontainers.image.title': 'hello' } },
        rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
        history: [{ created: '1970-01-01T00:00:00Z', created_by: 'lading: scripts/make-example.ts' }],
      }),
    )
    const manifest = add(ociManifest, json({ schemaVersion: 2, mediaType: ociManifest, config, layers: [layer] }))
    return { ...manifest, platform: { architecture, os: 'linux' } }
  })
  const root = add(ociIndex, json({ schemaVersion: 2, mediaType: ociIndex, manifests }))
  const entry = { ...root, annotations: { 'org.opencontainers.image.ref.name': tag } }
  files.set('index.json', json({ schemaVersion: 2, mediaType: ociIndex, manifests: [entry] }))
  return files
}

/** The image's content without what gzip made of it: each platform's config and the bytes of its tar. */
export function uncompressedContent(files: ReadonlyMap<string, Uint8Array>): readonly Digest[] {
  const blobs = [...files].filter(([path]) => path.startsWith('blobs/')).map(([, bytes]) => bytes)
  const isGzip = (bytes: Uint8Array) => bytes[0] === 0x1f && bytes[1] === 0x8b
  const isConfig = (bytes: Uint8Array) => Buffer.from(bytes).includes('"rootfs"')
  return blobs
    .filter(bytes => isGzip(bytes) || isConfig(bytes))
    .map(bytes => digestOf(isGzip(bytes) ? gunzipSync(bytes) : bytes))
    .sort()
}

function blobPath(digest: Digest): string {
  const { algorithm, hex } = digestParts(digest)
  return `blobs/${algorithm}/${hex}`
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}

/** An archive of one file, owned by root and dated 1970: POSIX.1-2001, ustar interchange format. */
function tarOf(name: string, content: Uint8Array): Uint8Array {
  const block = 512
  const header = Buffer.alloc(block)
  const octal = (value: number, at: number, width: number) =>
    header.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at)
  header.write(name, 0)
  octal(0o644, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(content.byteLength, 124, 12)
  octal(0, 136, 12)
  header.write('        0', 148)
  header.write('ustar\x0000', 257)
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  )
  const padding = Buffer.alloc((block - (content.byteLength % block)) % block)
  return Buffer.concat([header, content, padding, Buffer.alloc(2 * block)])
}
