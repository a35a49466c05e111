import type { FileHandle } from 'node:fs/promises'
import { fromFileError } from '../../errors/index.ts'
import type { SeekableTarSink } from './tar-sink.ts'

/** Chunks of a body may be small; the disk is given large ones. */
const bufferBytes = 1024 * 1024

/** An archive in a file that is open for writing, and empty. Whoever opened it makes it durable and closes it. */
export function fileSink(handle: FileHandle): SeekableTarSink {
  const buffer = Buffer.allocUnsafeSlow(bufferBytes)
  let filled = 0
  let written = 0

  const writeAt = (position: number, bytes: Uint8Array): Promise<void> =>
    atFile(async () => {
      for (let done = 0; done < bytes.byteLength; )
        done += (await handle.write(bytes, done, bytes.byteLength - done, position + done)).bytesWritten
    })
  const append = async (bytes: Uint8Array): Promise<void> => {
    await writeAt(written, bytes)
    written += bytes.byteLength
  }
  const flush = async (): Promise<void> => {
    if (filled > 0) await append(buffer.subarray(0, filled))
    filled = 0
  }
  return {
    get position() {
      return written + filled
    },
    async write(bytes) {
      if (filled + bytes.byteLength > bufferBytes) await flush()
      if (bytes.byteLength >= bufferBytes) return await append(bytes)
      buffer.set(bytes, filled)
      filled += bytes.byteLength
    },
    flush,
    overwrite: writeAt,
    async truncate(position) {
      filled = 0
      await atFile(() => handle.truncate(position))
      written = position
    },
  }
}

async function atFile<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    throw fromFileError(error, { operation: 'write' })
  }
}
