import type { ByteStream } from '../byte-stream.ts'
import type { Compression } from './compression.ts'

/**
 * Uncompresses a stream of one or more members, frames or streams of this compression.
 *
 * @throws LadingError `bad-compression` where it is truncated, malformed, or followed by something else; `program-not-found` for
 * bzip2 and xz; what `stream` throws, unchanged
 */
export async function* decompress(
  stream: ByteStream,
  compression: Compression,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* await decoderOf(stream, compression)
}

/** Loaded on use: most copies uncompress nothing. */
async function decoderOf(stream: ByteStream, compression: Compression): Promise<ByteStream> {
  switch (compression) {
    case 'none':
      return stream
    case 'gzip':
      return (await import('./gunzip.ts')).gunzip(stream)
    case 'zstd':
      return (await import('./unzstd.ts')).unzstd(stream)
    case 'bzip2':
    case 'xz':
      return (await import('./program-decoder.ts')).decodeWithProgram(compression, stream)
  }
}
