import { createHash } from 'node:crypto'
import type { ByteStream } from '../../streams/index.ts'
import type { BufferBudget } from './buffer-budget.ts'

/** A piece of a body in memory. Whoever gets it MUST release it once. */
export interface Part {
  readonly index: number
  readonly bytes: Uint8Array
  readonly md5: Uint8Array
  /** The body has ended without an error. */
  readonly last: boolean
  release(): void
}

interface PartOptions {
  readonly partSize: number
  /** Of the whole body, where it is known: a small one takes no more memory than it needs. */
  readonly size: number | undefined
  readonly buffers: BufferBudget
  readonly signal: AbortSignal | undefined
}

/**
 * Cuts a body into parts, all of one size but the last. There is always a last one, which may be empty.
 *
 * A full part waits until more bytes come or the body ends, so whoever gets the last one knows that the body is whole and right.
 * The MD5 is taken while the bytes are copied, a chunk at a time: at once it would stop the process for 30 ms a part.
 */
export async function* readParts(
  body: ByteStream,
  { partSize, size, buffers, signal }: PartOptions,
): AsyncGenerator<Part, void, undefined> {
  const bufferSize = Math.min(partSize, size ?? partSize)
  const open = async (index: number) => new OpenPart(index, await buffers.acquire(bufferSize, signal))
  let part = await open(0)
  let kept = true
  try {
    for await (const chunk of body) {
      for (let rest = chunk; rest.byteLength > 0; ) {
        if (part.full) {
          kept = false
          yield part.close(false)
          part = await open(part.index + 1)
          kept = true
        }
        rest = part.fill(rest)
      }
    }
    kept = false
    yield part.close(true)
  } finally {
    if (kept) part.release()
  }
}

class OpenPart {
  readonly index: number
  readonly #buffer: { readonly bytes: Uint8Array; release(): void }
  readonly #md5 = createHash('md5')
  #filled = 0

  constructor(index: number, buffer: { readonly bytes: Uint8Array; release(): void }) {
    this.index = index
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
      index: this.index,
      bytes: this.#buffer.bytes.subarray(0, this.#filled),
      md5: this.#md5.digest(),
      last,
      release: () => this.release(),
    }
  }

  release(): void {
    this.#buffer.release()
  }
}
