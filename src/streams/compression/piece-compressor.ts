import { promisify } from 'node:util'
import { constants, gzip, zstdCompress } from 'node:zlib'
import pLimit from 'p-limit'
import { piecesAtOnce } from './pieces-at-once.ts'

const gzipWhole = promisify(gzip)
const zstdWhole = promisify(zstdCompress)

/** Of all layers together: each has tables that take far more memory than the piece, where the level is high. */
const limit = pLimit(piecesAtOnce())

/** How one piece is made a member or frame of its own, on a thread of libuv's pool. */
export function pieceCompressor(format: 'gzip' | 'zstd', level: number): (piece: Uint8Array) => Promise<Uint8Array> {
  const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 }
  const compress = async (piece: Uint8Array) => {
    // With room for all of the output, a piece takes one step on its thread: with less, each step waits for the main thread.
    const chunkSize = piece.byteLength + (piece.byteLength >> 7) + 1024
    const made =
      format === 'gzip'
        ? await gzipWhole(piece, { level, chunkSize, memLevel: 9 })
        : // Tables are as large as the piece needs, and no larger, where its size is known.
          await zstdWhole(piece, { params, chunkSize, pledgedSrcSize: piece.byteLength })
    // What is yielded may be kept for long, and must not keep the room that was left.
    return new Uint8Array(made)
  }
  return piece => limit(compress, piece)
}
