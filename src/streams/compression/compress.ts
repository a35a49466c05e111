import type { ByteStream } from '../byte-stream.ts'
import { mapInOrder } from '../map-in-order.ts'
import { pieces } from '../pieces.ts'
import { levelOf } from './compression-levels.ts'
import { piecesAtOnce } from './pieces-at-once.ts'

export interface CompressOptions {
  /** gzip: 1 to 9, default 6. zstd: 1 to 20, default 3. */
  readonly level?: number | undefined
}

const mib = 1024 * 1024
const pieceBytes = { gzip: mib, zstd: 4 * mib } as const

/**
 * Compresses a stream on several cores, as members (gzip) or frames (zstd) that each hold a piece of it.
 *
 * The same bytes give the same result whatever their chunks and however many cores there are, under one build of Node.
 * Held at once are a piece for every core and one.
 *
 * @throws what `stream` throws, unchanged
 */
export async function* compress(
  stream: ByteStream,
  format: keyof typeof pieceBytes,
  options: CompressOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const level = levelOf(format, options.level)
  const { pieceCompressor } = await import('./piece-compressor.ts')
  yield* mapInOrder(pieces(stream, pieceBytes[format]), piecesAtOnce(), pieceCompressor(format, level))
}
