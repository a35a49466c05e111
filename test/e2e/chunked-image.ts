import { buffer } from 'node:stream/consumers'
import { digestOf } from '../../src/model/digest.ts'
import { compressChunked } from '../../src/streams/compression/zstd-chunked/compress-chunked.ts'
import { type BuiltImage, buildImage } from '../../src/testing/build-image.ts'
import { paxBody, type RawEntry, tarArchive } from '../../src/testing/tar-blocks.ts'

/** An image of one layer, as zstd:chunked. */
export async function chunkedImage(archive: Uint8Array): Promise<BuiltImage> {
  const layer = compressChunked(
    (async function* () {
      yield archive
    })(),
  )
  const bytes = await buffer(layer.bytes)
  const descriptor = {
    mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd',
    digest: digestOf(bytes),
    size: bytes.byteLength,
    annotations: layer.annotations(),
  }
  const { root, blobs } = buildImage({ layers: [archive], manifest: { layers: [descriptor] } })
  return { root, blobs: new Map([...blobs, [descriptor.digest, bytes]]) }
}

/** Bytes that look random, and are the same every time. */
export function noise(size: number): Buffer {
  const bytes = Buffer.alloc(size)
  let state = size
  for (let at = 0; at < size; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}

const pax = (records: Record<string, string>): RawEntry => ({ name: 'pax', flag: 'x', body: paxBody(records) })
const long = `d/${'long-'.repeat(40)}`

/** A layer with something of everything that a file system has. */
export const everything = tarArchive(
  { name: 'd/', flag: '5', at: { 100: '0000755\0' } },
  { name: 'd/small', body: 'some words\n', at: { 108: '0000012\0' + '0000013\0', 136: '14371573620\0' } },
  { name: 'd/empty' },
  { name: 'd/large', body: noise(700_000) },
  { name: 'd/repeated', body: Buffer.alloc(5_000_000, 'words ') },
  {
    name: 'd/holes',
    body: Buffer.concat([Buffer.alloc(5000), noise(200_000), Buffer.alloc(1000), noise(9), Buffer.alloc(70_000)]),
  },
  { name: 'd/nothing', body: Buffer.alloc(300_000) },
  { name: 'd/link', flag: '2', link: 'small' },
  { name: 'd/same', flag: '1', link: 'd/large' },
  pax({ path: `${long}☃`, mtime: '1700000000.123456789', 'SCHILY.xattr.user.lading': 'é' }),
  { name: 'x', body: 'long' },
  { name: '././@LongLink', flag: 'L', body: `${long}gnu\0`, magic: 'ustar  \0' },
  { name: 'x', body: 'longer', magic: 'ustar  \0' },
  { name: 'd/fifo', flag: '6' },
  { name: 'd/device', flag: '3', at: { 329: '0000001\0' + '0000003\0' } },
)
