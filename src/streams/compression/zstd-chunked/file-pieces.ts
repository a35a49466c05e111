import { createHash, type Hash } from 'node:crypto'
import type { ByteStream } from '../../byte-stream.ts'
import { type ContentPart, ContentSplitter } from './content-splitter.ts'
import { Crc64 } from './crc64.ts'
import { type LayerPiece, maxPieceBytes } from './layer-piece.ts'
import { PieceBuffer } from './piece-buffer.ts'
import type { Chunk } from './toc-entry.ts'
import { unlisted } from './unlisted.ts'

/** A table with more of them would be too large, and they are kept until the file's end. */
const maxChunks = 1_000_000

/** Cuts the content of a file that is not empty into pieces, and says at its end what it was. */
export async function* filePieces(
  body: ByteStream,
): AsyncGenerator<Omit<LayerPiece, 'complete'>, { digest: string; chunks: readonly Chunk[]; crc: Crc64 }, undefined> {
  const splitter = new ContentSplitter()
  const hash = createHash('sha256')
  const crc = new Crc64()
  const chunks: Chunk[] = []
  let open = new OpenChunk(0)
  function* cut(part: ContentPart): Generator<Omit<LayerPiece, 'complete'>> {
    yield* open.add(part)
    if (!part.ends) return
    if (chunks.push(open.chunk) > maxChunks)
      throw unlisted(`a file of it has more than ${maxChunks} chunks`, 'too-large')
    open = new OpenChunk(open.chunk.position + open.chunk.size)
  }
  for await (const bytes of body) {
    hash.update(bytes)
    crc.update(bytes)
    for (const part of splitter.push(bytes)) yield* cut(part)
  }
  for (const part of splitter.end()) yield* cut(part)
  return { digest: formatDigest(hash), chunks, crc }
}

/** A chunk of which more may come. Its size and digest are known when it has ended. */
class OpenChunk {
  readonly chunk: { -readonly [Key in keyof Chunk]: Chunk[Key] }
  readonly #hash = createHash('sha256')
  readonly #buffer = new PieceBuffer(maxPieceBytes)

  constructor(position: number) {
    this.chunk = { position, size: 0, digest: '', zeros: false, place: undefined }
  }

  *add({ bytes, zeros, ends }: ContentPart): Generator<Omit<LayerPiece, 'complete'>> {
    this.#hash.update(bytes)
    this.chunk.size += bytes.byteLength
    this.chunk.zeros = zeros
    for (const piece of this.#buffer.add(bytes)) yield { bytes: piece, chunk: this.chunk }
    if (!ends) return
    if (this.#buffer.size > 0) yield { bytes: this.#buffer.take(), chunk: this.chunk }
    this.chunk.digest = formatDigest(this.#hash)
  }
}

function formatDigest(hash: Hash): string {
  return `sha256:${hash.digest('hex')}`
}
