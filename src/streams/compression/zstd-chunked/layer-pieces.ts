import { posix } from 'node:path'
import { isLadingError, LadingError } from '../../../errors/index.ts'
import type { ByteStream } from '../../byte-stream.ts'
import { createEntryLimit } from '../../tar/entry-limit.ts'
import { shownName } from '../../tar/entry-name.ts'
import { HeaderReader } from '../../tar/header-reader.ts'
import { StreamCursor } from '../../tar/stream-cursor.ts'
import { blockBytes, paddingOf, type TarHeader } from '../../tar/tar-header.ts'
import { Crc64 } from './crc64.ts'
import { entryMetadata } from './entry-metadata.ts'
import { filePieces } from './file-pieces.ts'
import { type LayerPiece, maxPieceBytes } from './layer-piece.ts'
import { PieceBuffer } from './piece-buffer.ts'
import { RecordingSource } from './recording-source.ts'
import type { TarSplit } from './tar-split.ts'
import type { TocEntry } from './toc-entry.ts'
import { unlisted } from './unlisted.ts'

/**
 * Cuts an archive into pieces: the content of files, and what is between.
 *
 * Joined they are the archive, to the last byte.
 */
export async function* layerPieces(
  stream: ByteStream,
  tarSplit: TarSplit,
): AsyncGenerator<LayerPiece, void, undefined> {
  const cursor = new StreamCursor(stream)
  try {
    yield* piecesOf(cursor, tarSplit)
  } finally {
    await cursor.close()
  }
}

async function* piecesOf(cursor: StreamCursor, tarSplit: TarSplit): AsyncGenerator<LayerPiece, void, undefined> {
  const source = new RecordingSource(cursor)
  const headers = new HeaderReader(source)
  const between = new PieceBuffer(maxPieceBytes)
  const accept = acceptance()
  let complete: TocEntry[] = []
  /** What was recorded after the file before. */
  let padding = 0
  const piece = (content: Omit<LayerPiece, 'complete'>): LayerPiece => {
    const named = { ...content, complete }
    complete = []
    return named
  }
  for (;;) {
    const header = await nextHeader(headers, source)
    const raw = source.recorded()
    await tarSplit.segment(raw)
    for (const bytes of between.add(raw)) yield piece({ bytes })
    if (header === undefined) break
    const metadata = entryMetadata(header, raw.subarray(padding))
    padding = 0
    accept(header)
    if (header.size === 0) {
      complete.push({ metadata })
      await tarSplit.file(header.name, 0, new Crc64())
      continue
    }
    if (between.size > 0) yield piece({ bytes: between.take() })
    const file = filePieces(bodyOf(cursor, header))
    let next = await file.next()
    for (; next.done !== true; next = await file.next()) yield piece(next.value)
    complete.push({ metadata, content: next.value })
    await tarSplit.file(header.name, header.size, next.value.crc)
    padding = (await source.take(paddingOf(header.size))).byteLength
    if (padding !== 0 && padding !== paddingOf(header.size)) throw cutOff(header)
  }
  for await (const bytes of afterEnd(cursor)) {
    await tarSplit.segment(bytes)
    for (const full of between.add(bytes)) yield piece({ bytes: full })
  }
  yield piece({ bytes: between.take() })
}

/** A layer of no bytes at all is one without entries, to containers/storage too. */
async function nextHeader(headers: HeaderReader, source: RecordingSource): Promise<TarHeader | undefined> {
  try {
    return await headers.next()
  } catch (error) {
    if (source.position === 0 && isLadingError(error, 'bad-archive')) return undefined
    throw error
  }
}

async function* bodyOf(cursor: StreamCursor, header: TarHeader): AsyncGenerator<Uint8Array, void, undefined> {
  for (let left = header.size; left > 0; ) {
    const bytes = await cursor.read(left)
    if (bytes === undefined) throw cutOff(header)
    left -= bytes.byteLength
    yield bytes
  }
}

/** Zeros that make an archive as long as a tape wants it, most often. */
async function* afterEnd(cursor: StreamCursor): AsyncGenerator<Uint8Array, void, undefined> {
  const most = 1024 * 1024
  for (let bytes = await cursor.take(most); bytes.byteLength > 0; bytes = await cursor.take(most)) {
    // Readers look for a header in every segment, and find none only where it begins as the end of an archive does.
    const start = bytes.subarray(0, 2 * blockBytes)
    if (start.byteLength % blockBytes !== 0 || start.some(byte => byte !== 0))
      throw unlisted('it has something after its end')
    yield bytes
  }
}

/** A name that stands twice would stand for two files in the table, and readers refuse that. */
function acceptance(): (header: TarHeader) => void {
  const count = createEntryLimit()
  const seen = new Set<string>()
  return header => {
    count(header)
    const path = posix.normalize(header.name).replace(/(?<=.)\/$/, '')
    if (seen.has(path)) throw unlisted(`it has ${shownName(path)} twice`)
    seen.add(path)
  }
}

function cutOff({ name }: TarHeader): LadingError {
  return new LadingError('bad-archive', `the archive is cut off: it ends within ${shownName(name)}`)
}
