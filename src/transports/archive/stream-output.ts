import { write } from 'node:fs'
import { open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { fromFileError, LadingError, systemCode } from '../../errors/index.ts'
import { openTarWriter, type TarSink, type TarWriter } from '../../streams/tar/index.ts'
import { isStandardOutput } from './archive-path.ts'

/** An archive that is written to whoever reads it. One that is not finished has no end, which its reader can see. */
export interface StreamOutput extends AsyncDisposable {
  readonly writer: TarWriter
}

const standardOutput = 1
/** How long to wait where whoever made the pipe does not let a write wait. */
const fullPipeMs = 5

/** Opens standard output, a pipe or a device. A pipe waits here until somebody reads it. */
export async function openStreamOutput(path: string): Promise<StreamOutput> {
  if (isStandardOutput(path)) {
    return {
      writer: openTarWriter(descriptorSink(standardOutput, 'standard output')),
      [Symbol.asyncDispose]: async () => {},
    }
  }
  try {
    const handle = await open(path, 'w')
    return { writer: openTarWriter(descriptorSink(handle.fd, path)), [Symbol.asyncDispose]: () => handle.close() }
  } catch (error) {
    throw fromFileError(error, { operation: 'write', subject: path })
  }
}

const writeSome = promisify(write)

/** Not by `process.stdout`, which on a pipe stops the whole program until the reader goes on. */
function descriptorSink(descriptor: number, subject: string): TarSink {
  let position = 0
  return {
    get position() {
      return position
    },
    async write(bytes) {
      for (let done = 0; done < bytes.byteLength; ) {
        try {
          const { bytesWritten } = await writeSome(descriptor, bytes, done, bytes.byteLength - done, null)
          done += bytesWritten
        } catch (error) {
          const code = systemCode(error)
          if (code === 'EPIPE') {
            throw new LadingError('io', 'whoever reads the archive has stopped', {
              operation: 'write',
              subject,
              cause: error,
            })
          }
          if (code !== 'EAGAIN') throw fromFileError(error, { operation: 'write', subject })
          await sleep(fullPipeMs)
        }
      }
      position += bytes.byteLength
    },
    flush: async () => {},
  }
}
