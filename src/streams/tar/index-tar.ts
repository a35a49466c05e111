import { LadingError } from '../../errors/index.ts'
import type { RandomAccess } from '../random-access.ts'
import { readAll } from '../read-all.ts'
import { createEntryLimit } from './entry-limit.ts'
import { shownName } from './entry-name.ts'
import { HeaderReader, type HeaderSource } from './header-reader.ts'
import { paddingOf, type TarHeader } from './tar-header.ts'

/** An entry of an archive that any part can be read of. */
export interface LocatedEntry {
  readonly header: TarHeader
  /** Where its bytes begin. */
  readonly start: number
}

/** Read at once where a header is: small entries that follow each other need few reads. */
const windowBytes = 16 * 1024

/**
 * Reads the headers of an archive and passes over what is between them.
 *
 * @throws LadingError `bad-archive`; `too-large` where there are more entries than anybody needs
 */
export async function indexTar(file: RandomAccess, signal?: AbortSignal): Promise<readonly LocatedEntry[]> {
  const cursor = new FileCursor(file, signal)
  const headers = new HeaderReader(cursor)
  const entries: LocatedEntry[] = []
  const count = createEntryLimit()
  for (;;) {
    const header = await headers.next()
    if (header === undefined) return entries
    const { name, size } = header
    const start = cursor.position
    if (start + size > file.size) {
      throw new LadingError(
        'bad-archive',
        `the archive is cut off: ${shownName(name)} has ${size} bytes, and there are ${file.size - start}`,
      )
    }
    count(header)
    entries.push({ header, start })
    cursor.position = start + size + paddingOf(size)
  }
}

class FileCursor implements HeaderSource {
  position = 0
  readonly #file: RandomAccess
  readonly #signal: AbortSignal | undefined
  #window: Uint8Array = new Uint8Array()
  #windowStart = 0

  constructor(file: RandomAccess, signal: AbortSignal | undefined) {
    this.#file = file
    this.#signal = signal
  }

  async take(size: number): Promise<Uint8Array> {
    const start = this.position
    const end = Math.min(start + size, this.#file.size)
    if (start >= end) return new Uint8Array()
    if (start < this.#windowStart || end > this.#windowStart + this.#window.byteLength) {
      const upTo = Math.min(Math.max(end, start + windowBytes), this.#file.size)
      this.#window = await readAll(this.#file.read(start, upTo, this.#signal), upTo - start, 'a header')
      this.#windowStart = start
    }
    this.position = end
    return this.#window.subarray(start - this.#windowStart, end - this.#windowStart)
  }
}
