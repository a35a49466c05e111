import { createHash } from 'node:crypto'
import type { ByteStream } from '../../streams/index.ts'
import type { PartBuffer, PartBuffers } from './part-buffers.ts'

/** A piece of a body in memory. Whoever gets it MUST release it. */
export interface Part {
  /** From 1. */
  readonly number: number
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly md5: Buffer
  /** The body has ended without an error. */
  readonly last: boolean
  /** Once counts. `reusable: false`: somebody may still read it, as a socket does whose request failed. */
  release(reusable?: boolean): void
}

interface PartOptions {
  readonly partSize: number
  /** Bytes of the whole that come before the body: all of some parts. Default: none. */
  readonly before?: number
  /** Of the whole body, where it is known: a small one takes no more memory than it needs. */
  readonly size: number | undefined
  readonly buffers: PartBuffers
  readonly signal: AbortSignal | undefined
}

/**
 * Cuts a body into parts, all of one size but the last. There is always a last one, which may be empty.
 *
 * Whoever gets the last one knows that the body is whole and right. A full part that cannot be the last is given at once: its source may
 * be slow, or break off, and what is sent by then need not be sent again. Where the size is not known, it waits until more bytes come.
 * The MD5 is taken while the bytes are copied, a chunk at a time: at once it would stop the process for 30 ms a part.
 */
export async function* readParts(
  body: ByteStream,
  { partSize, before = 0, size, buffers, signal }: PartOptions,
): AsyncGenerator<Part, void, undefined> {
  const bufferSize = Math.min(partSize, size ?? partSize)
  let number = before / partSize + 1
  let taken = before
  let part: OpenPart | undefined
  const open = async () => new OpenPart(number++, await buffers.acquire(bufferSize, signal))
  try {
    for await (const chunk of body) {
      for (let rest = chunk; rest.byteLength > 0; ) {
        if (part?.full) {
          const full: OpenPart = part
          part = undefined
          yield full.close(false)
        }
        part ??= await open()
        taken += rest.byteLength
        rest = part.fill(rest)
        taken -= rest.byteLength
        if (part.full && size !== undefined && taken < size) {
          const full: OpenPart = part
          part = undefined
          yield full.close(false)
        }
      }
    }
    const last = part ?? (await open())
    part = undefined
    yield last.close(true)
  } finally {
    part?.release()
  }
}

class OpenPart {
  readonly number: number
  readonly #buffer: PartBuffer
  readonly #md5 = createHash('md5')
  #filled = 0

  constructor(number: number, buffer: PartBuffer) {
    this.number = number
    this.#buffer = buffer
  }

  get full(): boolean {
    return this.#filled === this.#buffer.bytes.byteLength
  }

  /** Takes what fits and gives back the rest. */
  fill(chunk: Uint8Array): Uint8Array {
    const taken = chunk.subarray(0, this.#buffer.bytes.byteLength - this.#filled)
    this.#buffer.bytes.set(taken, this.#filled)
    this.#md5.update(taken)
    this.#filled += taken.byteLength
    return chunk.subarray(taken.byteLength)
  }

  close(last: boolean): Part {
    return {
      number: this.number,
      bytes: this.#buffer.bytes.subarray(0, this.#filled),
      md5: this.#md5.digest(),
      last,
      release: reusable => this.#buffer.release(reusable),
    }
  }

  release(): void {
    this.#buffer.release()
  }
}
