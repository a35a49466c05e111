import type { ByteStream } from '../byte-stream.ts'
import { readHead } from '../read-head.ts'
import { decompress } from './decompress.ts'
import { sniffCompression, sniffedBytes } from './sniff-compression.ts'

/** The content of a stream, however it is compressed, as its first bytes tell. What is not compressed passes as it comes. */
export async function* decompressed(stream: ByteStream): AsyncGenerator<Uint8Array, void, undefined> {
  const head = await readHead(stream, sniffedBytes - 1)
  try {
    // Of chunks that may be large, no more is copied than is looked at.
    const start = Buffer.concat(head.chunks.map(chunk => chunk.subarray(0, sniffedBytes)))
    yield* decompress(head.stream(), sniffCompression(start))
  } finally {
    await head.close()
  }
}
