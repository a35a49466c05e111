import { LadingError } from '../../../errors/index.ts'
import type { ByteStream } from '../../byte-stream.ts'
import { mapInOrder } from '../../map-in-order.ts'
import { checkLevel } from '../compress.ts'
import { piecesAtOnce } from '../pieces-at-once.ts'
import type { ChunkedAnnotations } from './chunked-trailer.ts'
import type { LayerPiece } from './layer-piece.ts'

export interface CompressChunkedOptions {
  /** 1 to 20, default 3. */
  readonly level?: number | undefined
}

/** A layer that is being compressed as zstd:chunked. */
export interface ChunkedLayer {
  /** Can be read once. */
  readonly bytes: AsyncGenerator<Uint8Array, void, undefined>
  /** What the layer's descriptor has to say beside them. MUST NOT be asked before `bytes` has ended. */
  annotations(): ChunkedAnnotations
}

/**
 * Compresses a tar archive as containers/storage's zstd:chunked: zstd to whoever does not know it, and to whoever does, files and
 * parts of files that can be got one by one, by a table of contents at the end.
 *
 * The same bytes give the same result whatever their chunks and however many cores there are, under one build of Node. Held are a
 * piece for every core and one, the names of all entries, and the compressed table.
 *
 * @throws LadingError from `bytes`: `bad-archive` where it is no tar archive, or a damaged one; `unsupported` where the table cannot
 * say what the archive has (a path twice, sparse files, global headers, names that are not UTF-8, something after the end); `too-large`
 * where the table would be; what `stream` throws, unchanged
 */
export function compressChunked(stream: ByteStream, options: CompressChunkedOptions = {}): ChunkedLayer {
  let annotations: ChunkedAnnotations | undefined
  return {
    bytes: chunkedBytes(stream, options, made => {
      annotations = made
    }),
    annotations() {
      if (annotations === undefined)
        throw new LadingError('internal', 'the annotations of a layer that has not all been compressed')
      return annotations
    },
  }
}

const mib = 1024 * 1024
/** Readers take no larger table, and get the layer whole. */
const tableLimits = { name: 'its table of contents', maxBytes: 150 * mib, maxCompressedBytes: 150 * mib }
const tarSplitLimits = {
  name: 'what it has beside the content of files',
  maxBytes: Number.POSITIVE_INFINITY,
  maxCompressedBytes: 150 * mib,
}

async function* chunkedBytes(
  stream: ByteStream,
  { level = 3 }: CompressChunkedOptions,
  onEnd: (annotations: ChunkedAnnotations) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  checkLevel('zstd', level)
  const [
    { pieceCompressor },
    { chunkedTrailer },
    { createCompressedDocument },
    { createContentsTable },
    { layerPieces },
    { createTarSplit },
  ] = await Promise.all([
    import('../piece-compressor.ts'),
    import('./chunked-trailer.ts'),
    import('./compressed-document.ts'),
    import('./contents-table.ts'),
    import('./layer-pieces.ts'),
    import('./tar-split.ts'),
  ])
  const compress = pieceCompressor('zstd', level)
  const tarSplit = createCompressedDocument(compress, tarSplitLimits)
  const table = createContentsTable(createCompressedDocument(compress, tableLimits))
  const frame = async (piece: LayerPiece) => ({
    piece,
    bytes: piece.bytes.byteLength === 0 ? piece.bytes : await compress(piece.bytes),
  })
  let position = 0
  for await (const { piece, bytes } of mapInOrder(
    layerPieces(stream, createTarSplit(tarSplit)),
    piecesAtOnce(),
    frame,
  )) {
    await table.add(piece.complete)
    const end = position + bytes.byteLength
    if (piece.chunk !== undefined) piece.chunk.place = { start: piece.chunk.place?.start ?? position, end }
    position = end
    if (bytes.byteLength > 0) yield bytes
  }
  const split = await tarSplit.end()
  const { frames, annotations } = chunkedTrailer(position, await table.end(split.digest), split)
  yield* frames
  onEnd(annotations)
}
