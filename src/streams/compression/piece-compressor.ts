import { promisify } from 'node:util'
import { constants, gzip, zstdCompress } from 'node:zlib'

const gzipWhole = promisify(gzip)
const zstdWhole = promisify(zstdCompress)

/** How one piece is made a member or frame of its own, on a thread of libuv's pool. */
export function pieceCompressor(format: 'gzip' | 'zstd', level: number): (piece: Uint8Array) => Promise<Uint8Array> {
  const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 }
  return async piece => {
    // With room for all of the output, a piece takes one step on its thread: with less, each step waits for the main thread.
    const chunkSize = piece.byteLength + (piece.byteLength >> 7) + 1024
    const made =
      format === 'gzip' ? await gzipWhole(piece, { level, chunkSize }) : await zstdWhole(piece, { params, chunkSize })
    // What is yielded may be kept for long, and must not keep the room that was left.
    return new Uint8Array(made)
  }
}
