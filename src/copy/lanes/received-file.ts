import { closeSync, fsync, openSync, readSync, writeSync } from 'node:fs'
import { setImmediate as yieldToSockets } from 'node:timers/promises'
import { promisify } from 'node:util'
import { abandonable } from '../../auth/abandonable.ts'
import { LadingError } from '../../errors/index.ts'
import { createDigester, type Digest, digestParts } from '../../model/digest.ts'
import { RangeRecord } from '../../streams/partial-file.ts'
import { type Piece, PiecesOfBlob } from './pieces-of-blob.ts'

const readBytes = 1024 * 1024
/** What of each piece may be read again by the process that goes on after this one was killed. */
const unrecordedBytes = 256 * 1024

/**
 * The file that a blob is received into, and the digest of what is in it. The digest goes along in the blob's order: what came before its turn
 * is read back, from memory as a rule, once all before it is there.
 *
 * What has come is recorded in the file, for the process that goes on with it where this one is killed. All that another process has received is
 * read and digested as well.
 *
 * Reads and writes are synchronous: they are of a thread of its own, and a promise for each would cost more than they do.
 */
export class ReceivedFile implements Disposable {
  readonly pieces: PiecesOfBlob
  readonly #file: number
  readonly #record: RangeRecord
  /** Up to where each piece is recorded, by its number. */
  readonly #recorded: number[] = []
  readonly #expected: Digest
  #digester
  #digested = 0
  #readingBack: Promise<void> | undefined
  #isClosed = false
  #failure: { readonly error: unknown } | undefined

  /** @throws what the disk throws */
  constructor(path: string, { digest, size }: { readonly digest: Digest; readonly size: number }) {
    this.#expected = digest
    this.#digester = createDigester(digestParts(digest).algorithm)
    this.#file = openSync(path, 'r+')
    try {
      this.#record = new RangeRecord(this.#file, size)
      this.pieces = new PiecesOfBlob(size, this.#record.read())
      const begun = this.pieces.begun()
      for (const { number, at } of begun) this.#recorded[number] = at
      this.#record.begin(new Map(begun.map(({ number, start, at }) => [number, { start, end: at }])))
    } catch (error) {
      closeSync(this.#file)
      throw error
    }
    this.#catchUp()
  }

  /** The next bytes of a piece. @throws what the disk throws */
  write(piece: Piece, chunk: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure.error
    for (let written = 0; written < chunk.byteLength; )
      written += writeSync(this.#file, chunk, written, chunk.byteLength - written, piece.at + written)
    const isNext = piece.at === this.#digested
    this.pieces.took(piece, chunk.byteLength)
    const { number, start, at, end } = piece
    if (at === end || at - (this.#recorded[number] ?? start) >= unrecordedBytes) this.#note(number, start, at)
    if (isNext && this.#readingBack === undefined) {
      this.#digester.update(chunk)
      this.#digested += chunk.byteLength
    }
    this.#catchUp()
  }

  /** Forgets what has come. */
  reset(): void {
    this.#record.begin()
    this.#recorded.length = 0
    this.#digester = createDigester(digestParts(this.#expected).algorithm)
    this.#digested = 0
  }

  /** Makes it durable. Returns whether it is what was expected. After an abort it waits for nothing. */
  async finish(signal?: AbortSignal): Promise<boolean> {
    while (this.#readingBack !== undefined) await abandonable(this.#readingBack, signal)
    if (this.#failure !== undefined) throw this.#failure.error
    if (this.#digester.digest() !== this.#expected) return false
    this.#record.end()
    await promisify(fsync)(this.#file)
    return true
  }

  [Symbol.dispose](): void {
    this.#isClosed = true
    closeSync(this.#file)
  }

  #note(number: number, start: number, end: number): void {
    this.#record.set(number, { start, end })
    this.#recorded[number] = end
  }

  #catchUp(): void {
    if (this.#readingBack !== undefined || this.pieces.contiguous(this.#digested) === this.#digested) return
    this.#readingBack = this.#readBack()
      .catch(error => {
        this.#failure = { error }
      })
      .finally(() => {
        this.#readingBack = undefined
      })
  }

  async #readBack(): Promise<void> {
    const buffer = Buffer.allocUnsafe(readBytes)
    for (;;) {
      const wanted = Math.min(readBytes, this.pieces.contiguous(this.#digested) - this.#digested)
      if (wanted === 0) return
      const length = readSync(this.#file, buffer, 0, wanted, this.#digested)
      if (length === 0) throw new LadingError('io', 'somebody has made the file shorter that is being written')
      this.#digester.update(buffer.subarray(0, length))
      this.#digested += length
      await yieldToSockets()
      // the number of a closed file may be another file's by now
      if (this.#isClosed) return
    }
  }
}
