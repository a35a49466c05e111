import { promisify } from 'node:util'
import { constants, createZstdDecompress, zstdDecompress, zstdDecompressSync } from 'node:zlib'
import { isLadingError } from '../../errors/index.ts'
import type { ByteStream } from '../byte-stream.ts'
import { readAll } from '../read-all.ts'
import { badCompression } from './bad-compression.ts'
import { decoderBuffers } from './decoder-buffers.ts'
import { piecesAtOnce } from './pieces-at-once.ts'
import { through } from './through.ts'
import { type ZstdFrame, zstdFrames } from './zstd-frames.ts'

const decompressWhole = promisify(zstdDecompress)
const params = { [constants.ZSTD_d_windowLogMax]: 27 }

/** A frame that holds no more is uncompressed in one step, beside others. */
const wholeBytes = 4 * 1024 * 1024
/** To send a frame that holds no more to another thread takes longer than to uncompress it: zstd:chunked has one for every file. */
const tinyBytes = 16 * 1024

/** Uncompresses zstd of any number of frames, each by a decoder of its own. */
export async function* unzstd(stream: ByteStream): AsyncGenerator<Uint8Array, void, undefined> {
  const ahead: Promise<Uint8Array>[] = []
  try {
    for await (const frame of zstdFrames(stream)) {
      if (frame.contentSize !== undefined && frame.contentSize <= wholeBytes) {
        ahead.push(decodeWhole(await collect(frame, frame.contentSize), frame.contentSize))
        // It may fail while others are waited for.
        ahead.at(-1)?.catch(() => {})
        if (ahead.length >= piecesAtOnce()) yield await shift(ahead)
      } else {
        while (ahead.length > 0) yield await shift(ahead)
        const decoder = createZstdDecompress({ ...decoderBuffers, params })
        yield* through(frame.bytes, { into: decoder, from: decoder }, explain)
      }
    }
    while (ahead.length > 0) yield await shift(ahead)
  } finally {
    await Promise.allSettled(ahead)
  }
}

/** A frame has a few bytes more than what it holds where that cannot be made smaller, never twice as many. */
async function collect({ bytes }: ZstdFrame, contentSize: number): Promise<Uint8Array> {
  try {
    return await readAll(bytes, 2 * contentSize + 64 * 1024, 'a frame')
  } catch (error) {
    if (!isLadingError(error, 'too-large')) throw error
    throw badCompression('zstd', 'has a frame that is much larger than what it holds', error)
  }
}

async function decodeWhole(frame: Uint8Array, contentSize: number): Promise<Uint8Array> {
  // The smallest that Node takes is 64.
  const size = Math.max(contentSize, 64)
  const options = { params, chunkSize: size, maxOutputLength: size }
  let content: Uint8Array
  try {
    content = contentSize <= tinyBytes ? zstdDecompressSync(frame, options) : await decompressWhole(frame, options)
  } catch (error) {
    throw explain(error)
  }
  if (content.byteLength === contentSize) return content
  throw badCompression('zstd', `has a frame of ${content.byteLength} bytes that said ${contentSize}`)
}

async function shift(ahead: Promise<Uint8Array>[]): Promise<Uint8Array> {
  return (await ahead.shift()) ?? new Uint8Array()
}

function explain(error: unknown): unknown {
  return badCompression('zstd', `is malformed: ${error instanceof Error ? error.message : String(error)}`, error)
}
