import { limits } from '../../model/limits.ts'
import type { ByteStream } from '../byte-stream.ts'
import { badCompression } from './bad-compression.ts'

/** One frame of zstd content. */
export interface ZstdFrame {
  /** Of what it holds, where it says so. */
  readonly contentSize: number | undefined
  /** The frame as it stands. MUST be read to its end before the next frame is asked for. */
  readonly bytes: ByteStream
}

/** The zstd program too refuses to uncompress what needs a larger window, unless it is told to. */
const maxWindowBytes = limits.zstdWindowBytes

/**
 * Splits zstd content into its frames, without those to be skipped.
 *
 * Node's own decoder stops without an error at the end of the first frame (before 26) and at the end of a truncated one (22).
 *
 * @throws LadingError `bad-compression` where a frame is truncated or needs more than 128 MiB of memory, or something else follows
 */
export async function* zstdFrames(stream: ByteStream): AsyncGenerator<ZstdFrame, void, undefined> {
  const reader = new FrameReader(stream)
  try {
    let any = false
    while (await reader.more()) {
      const header = await readHeader(reader)
      any = true
      if (header.skipped !== undefined) await reader.skip(header.skipped)
      else yield { contentSize: header.contentSize, bytes: frameBytes(reader, header.checksum) }
    }
    if (!any) throw badCompression('zstd', 'is empty')
  } finally {
    await reader.close()
  }
}

interface FrameHeader {
  /** Bytes that follow in a frame to be skipped. */
  readonly skipped?: number
  readonly contentSize?: number
  readonly checksum: boolean
}

/** RFC 8878, 3.1.1.1 and 3.1.2. */
async function readHeader(reader: FrameReader): Promise<FrameHeader> {
  reader.begin()
  const magic = (await reader.take(4)).readUInt32LE()
  if (magic >= 0x184d2a50 && magic <= 0x184d2a5f) {
    return { skipped: (await reader.take(4)).readUInt32LE(), checksum: false }
  }
  if (magic !== 0xfd2fb528) throw badCompression('zstd', 'is followed by something else, or is none')
  const descriptor = (await reader.take(1)).readUInt8()
  const single = (descriptor & 0x20) !== 0
  const window = single ? undefined : (await reader.take(1)).readUInt8()
  await reader.take([0, 1, 2, 4][descriptor & 3] ?? 0)
  const contentSize = await readContentSize(reader, descriptor >> 6, single)
  const base = window === undefined ? (contentSize ?? 0) : 2 ** (10 + (window >> 3))
  if (base + (base / 8) * ((window ?? 0) & 7) > maxWindowBytes) {
    throw badCompression('zstd', `needs a window of more than ${maxWindowBytes >> 20} MiB`)
  }
  return { ...(contentSize === undefined ? {} : { contentSize }), checksum: (descriptor & 4) !== 0 }
}

async function readContentSize(reader: FrameReader, flag: number, single: boolean): Promise<number | undefined> {
  if (flag === 0) return single ? (await reader.take(1)).readUInt8() : undefined
  if (flag === 1) return (await reader.take(2)).readUInt16LE() + 256
  if (flag === 2) return (await reader.take(4)).readUInt32LE()
  return Number((await reader.take(8)).readBigUInt64LE())
}

/** RFC 8878, 3.1.1.2: blocks to the one that says that it is the last, and a checksum. */
async function* frameBytes(reader: FrameReader, checksum: boolean): AsyncGenerator<Uint8Array, void, undefined> {
  for (let last = false; !last; ) {
    const block = (await reader.take(3)).readUIntLE(0, 3)
    last = (block & 1) === 1
    const repeated = ((block >> 1) & 3) === 1
    yield* reader.pass(repeated ? 1 : block >> 3)
  }
  if (checksum) await reader.take(4)
  yield* reader.rest()
}

/** Reads headers while it gathers, in pieces as large as they come, the bytes of the frame that they belong to. */
class FrameReader {
  readonly #input: AsyncIterator<Uint8Array>
  #chunk: Uint8Array = new Uint8Array()
  /** Up to where the chunk has been read, and from where it belongs to the frame and has not been yielded. */
  #at = 0
  #from = 0
  /** What belongs to the frame of chunks that have been read to their end. */
  #held: Uint8Array[] = []

  constructor(stream: ByteStream) {
    this.#input = stream[Symbol.asyncIterator]()
  }

  /** Whether another byte is there. */
  async more(): Promise<boolean> {
    while (this.#at === this.#chunk.byteLength) {
      if (this.#at > this.#from) this.#held.push(this.#chunk.subarray(this.#from))
      const next = await this.#input.next()
      this.#at = 0
      this.#from = 0
      this.#chunk = next.done ? new Uint8Array() : next.value
      if (next.done) return false
    }
    return true
  }

  /** The frame begins here. */
  begin(): void {
    this.#held = []
    this.#from = this.#at
  }

  /** The next bytes of the frame, to be looked at. */
  async take(length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length)
    for (let filled = 0; filled < length; ) {
      const piece = await this.#advance(length - filled)
      bytes.set(piece, filled)
      filled += piece.byteLength
    }
    return bytes
  }

  /** Goes over bytes of the frame, and yields what has been gathered of it in chunks that are used up. */
  async *pass(length: number): AsyncGenerator<Uint8Array, void, undefined> {
    yield* this.#held.splice(0)
    for (let left = length; left > 0; ) {
      left -= (await this.#advance(left)).byteLength
      yield* this.#held.splice(0)
    }
  }

  async skip(length: number): Promise<void> {
    for (let left = length; left > 0; this.begin()) left -= (await this.#advance(left)).byteLength
  }

  /** What is left of the frame, which ends here. */
  *rest(): Generator<Uint8Array, void, undefined> {
    yield* this.#held.splice(0)
    if (this.#at > this.#from) yield this.#chunk.subarray(this.#from, this.#at)
    this.begin()
  }

  async close(): Promise<void> {
    await this.#input.return?.()
  }

  async #advance(most: number): Promise<Uint8Array> {
    if (!(await this.more())) throw badCompression('zstd', 'is truncated')
    const piece = this.#chunk.subarray(this.#at, this.#at + most)
    this.#at += piece.byteLength
    return piece
  }
}
