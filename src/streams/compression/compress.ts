import { LadingError } from '../../errors/index.ts'
import type { ByteStream } from '../byte-stream.ts'
import { mapInOrder } from '../map-in-order.ts'
import { pieces } from '../pieces.ts'
import { SpareBuffers } from '../spare-buffers.ts'
import { piecesAtOnce } from './pieces-at-once.ts'

export interface CompressOptions {
  /** gzip: 1 to 9, default 4. zstd: 1 to 20, as the containers tools have it, default 3. */
  readonly level?: number | undefined
}

/** Of 4 MiB, zstd takes a fifth more processor time for the same bytes, and gzip keeps fewer cores busy. */
const pieceBytes = 1024 * 1024
/** gzip's 4 takes half the time of its 6, and gives two to three per cent more bytes: `npm run bench:compress`. */
const formats = {
  gzip: { defaultLevel: 4, maxLevel: 9 },
  zstd: { defaultLevel: 3, maxLevel: 20 },
} as const

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
  format: keyof typeof formats,
  { level = formats[format].defaultLevel }: CompressOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  checkLevel(format, level)
  const { pieceCompressor } = await import('./piece-compressor.ts')
  const compressPiece = pieceCompressor(format, level)
  const buffers = new SpareBuffers(pieceBytes)
  yield* mapInOrder(pieces(stream, pieceBytes, buffers), piecesAtOnce(), async piece => {
    const made = await compressPiece(piece)
    buffers.give(piece)
    return made
  })
}

/** @throws LadingError `bad-argument` where the format has no such level */
export function checkLevel(format: keyof typeof formats, level: number): void {
  const { maxLevel } = formats[format]
  if (Number.isInteger(level) && level >= 1 && level <= maxLevel) return
  throw new LadingError('bad-argument', `${format} has levels 1 to ${maxLevel}, and none of ${level}`)
}
