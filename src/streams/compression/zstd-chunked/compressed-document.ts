import type { LadingError } from '../../../errors/index.ts'
import { type Digest, digestOf } from '../../../model/digest.ts'
import { unlisted } from './unlisted.ts'

/** A document that is compressed while it is written: only the compressed is kept. */
export interface CompressedDocument {
  write(text: string): Promise<void>
  end(): Promise<CompressedBytes>
}

export interface CompressedBytes {
  readonly bytes: Uint8Array
  /** Of the bytes as they are, compressed. */
  readonly digest: Digest
  readonly uncompressedSize: number
}

export interface DocumentLimits {
  /** What the document is called where it is too large. */
  readonly name: string
  readonly maxBytes: number
  readonly maxCompressedBytes: number
}

const pieceBytes = 4 * 1024 * 1024

/**
 * @param compress makes a frame of a piece
 * @throws LadingError `too-large`, from `write` and `end`
 */
export function createCompressedDocument(
  compress: (piece: Uint8Array) => Promise<Uint8Array>,
  { name, maxBytes, maxCompressedBytes }: DocumentLimits,
): CompressedDocument {
  const frames: Uint8Array[] = []
  let waiting: Uint8Array[] = []
  let waitingBytes = 0
  let size = 0
  let compressedSize = 0
  const flush = async () => {
    const piece = Buffer.concat(waiting)
    waiting = []
    waitingBytes = 0
    const frame = await compress(piece)
    frames.push(frame)
    compressedSize += frame.byteLength
    if (compressedSize > maxCompressedBytes) throw tooLarge(name, maxCompressedBytes)
  }
  return {
    async write(text) {
      const bytes = Buffer.from(text)
      waiting.push(bytes)
      waitingBytes += bytes.byteLength
      size += bytes.byteLength
      if (size > maxBytes) throw tooLarge(name, maxBytes)
      if (waitingBytes >= pieceBytes) await flush()
    },
    async end() {
      if (waitingBytes > 0 || frames.length === 0) await flush()
      const bytes = Buffer.concat(frames)
      return { bytes, digest: digestOf(bytes), uncompressedSize: size }
    },
  }
}

function tooLarge(name: string, limit: number): LadingError {
  return unlisted(`${name} would have more than ${limit >> 20} MiB`, 'too-large')
}
