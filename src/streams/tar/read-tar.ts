import { LadingError } from '../../errors/index.ts'
import type { ByteStream } from '../byte-stream.ts'
import { shownName } from './entry-name.ts'
import { HeaderReader } from './header-reader.ts'
import { StreamCursor } from './stream-cursor.ts'
import { paddingOf, type TarHeader } from './tar-header.ts'

/** An entry of an archive that is read once. */
export interface ArrivingEntry {
  readonly header: TarHeader
  /** Its bytes as the archive has them. Can be read once, and only until the next entry is asked for. */
  readonly body: ByteStream
}

/**
 * Reads an archive as it comes, entry by entry. A body that is not read, or not to its end, is passed over.
 *
 * What follows the end of the archive is read and dropped, so that whoever writes the stream can end.
 *
 * @throws LadingError `bad-archive`, also from a body, where the archive ends within it
 */
export async function* readTar(stream: ByteStream): AsyncGenerator<ArrivingEntry, void, undefined> {
  const cursor = new StreamCursor(stream)
  try {
    const headers = new HeaderReader(cursor)
    for (;;) {
      const header = await headers.next()
      if (header === undefined) break
      const end = cursor.position + header.size
      yield { header, body: bodyOf(cursor, header, end) }
      await passTo(cursor, header, end)
      // The last padding may be missing: Go's archive/tar accepts that too.
      await cursor.skip(paddingOf(header.size))
    }
    await cursor.skip(Number.POSITIVE_INFINITY)
  } finally {
    await cursor.close()
  }
}

async function* bodyOf(
  cursor: StreamCursor,
  header: TarHeader,
  end: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let expected = end - header.size
  while (expected < end) {
    if (cursor.position !== expected)
      throw new LadingError('internal', `${shownName(header.name)} was read after the entry that follows it`)
    const chunk = await cursor.read(end - expected)
    if (chunk === undefined) throw cutOff(header)
    expected = cursor.position
    yield chunk
  }
}

async function passTo(cursor: StreamCursor, header: TarHeader, end: number): Promise<void> {
  await cursor.skip(end - cursor.position)
  if (cursor.position < end) throw cutOff(header)
}

function cutOff({ name }: TarHeader): LadingError {
  return new LadingError('bad-archive', `the archive is cut off: it ends within ${shownName(name)}`)
}
