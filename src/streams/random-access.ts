import type { FileHandle } from 'node:fs/promises'
import { fromFileError, LadingError } from '../errors/index.ts'
import type { ByteStream } from './byte-stream.ts'

/** Bytes of which any part can be read, by several at once. */
export interface RandomAccess {
  readonly size: number
  /** From `start` up to, not including, `end`. MUST throw rather than end early. */
  read(start: number, end: number, signal?: AbortSignal): ByteStream
}

const chunkBytes = 1024 * 1024

/** An open file. Whoever opened it closes it. */
export function randomAccessFile(handle: FileHandle, size: number): RandomAccess {
  return {
    size,
    async *read(start, end, signal) {
      for (let position = start; position < end; ) {
        signal?.throwIfAborted()
        // A buffer of its own for every chunk, since a chunk is never changed once it is yielded.
        const buffer = Buffer.allocUnsafeSlow(Math.min(chunkBytes, end - position))
        const bytesRead = await readAt(handle, buffer, position)
        if (bytesRead === 0) throw shortened()
        position += bytesRead
        yield buffer.subarray(0, bytesRead)
      }
    },
  }
}

function shortened(): LadingError {
  return new LadingError('io', 'the file became shorter while it was read', {
    hint: 'do it again once nobody else writes to it',
  })
}

async function readAt(handle: FileHandle, buffer: Buffer, position: number): Promise<number> {
  try {
    return (await handle.read(buffer, 0, buffer.byteLength, position)).bytesRead
  } catch (error) {
    throw fromFileError(error, { operation: 'read' })
  }
}
