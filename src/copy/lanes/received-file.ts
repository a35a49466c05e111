import { closeSync, fsync, openSync, readSync, writeSync } from 'node:fs'
import { setImmediate as yieldToSockets } from 'node:timers/promises'
import { promisify } from 'node:util'
import { LadingError } from '../../errors/index.ts'
import { createDigester, type Digest, digestParts } from '../../model/digest.ts'
import type { Piece, PiecesOfBlob } from './pieces-of-blob.ts'

const readBytes = 1024 * 1024

/**
 * The file that a blob is received into, and the digest of what is in it. The digest goes along in the blob's order: what came before its turn
 * is read back, from memory as a rule, once all before it is there.
 *
 * Reads and writes are synchronous: they are of a thread of its own, and a promise for each would cost more than they do.
 */
export class ReceivedFile implements Disposable {
  readonly #file: number
  readonly #pieces: PiecesOfBlob
  readonly #expected: Digest
  #digester
  #digested = 0
  #readingBack: Promise<void> | undefined
  #isClosed = false
  #failure: { readonly error: unknown } | undefined

  constructor(path: string, expected: Digest, pieces: PiecesOfBlob) {
    this.#file = openSync(path, 'r+')
    this.#pieces = pieces
    this.#expected = expected
    this.#digester = createDigester(digestParts(expected).algorithm)
  }

  /** The next bytes of a piece. @throws what the disk throws */
  write(piece: Piece, chunk: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure.error
    for (let written = 0; written < chunk.byteLength; )
      written += writeSync(this.#file, chunk, written, chunk.byteLength - written, piece.at + written)
    const isNext = piece.at === this.#digested
    this.#pieces.took(piece, chunk.byteLength)
    if (isNext && this.#readingBack === undefined) {
      this.#digester.update(chunk)
      this.#digested += chunk.byteLength
    }
    this.#catchUp()
  }

  /** Forgets what has come. */
  reset(): void {
    this.#digester = createDigester(digestParts(this.#expected).algorithm)
    this.#digested = 0
  }

  /** Makes it durable. Returns whether it is what was expected. */
  async finish(): Promise<boolean> {
    while (this.#readingBack !== undefined) await this.#readingBack
    if (this.#failure !== undefined) throw this.#failure.error
    if (this.#digester.digest() !== this.#expected) return false
    await promisify(fsync)(this.#file)
    return true
  }

  [Symbol.dispose](): void {
    this.#isClosed = true
    closeSync(this.#file)
  }

  #catchUp(): void {
    if (this.#readingBack !== undefined || this.#pieces.contiguous(this.#digested) === this.#digested) return
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
      const wanted = Math.min(readBytes, this.#pieces.contiguous(this.#digested) - this.#digested)
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
