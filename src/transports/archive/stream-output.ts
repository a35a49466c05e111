import { fstatSync, write } from 'node:fs'
import { open } from 'node:fs/promises'
import { promisify } from 'node:util'
import { fromFileError, LadingError, systemCode } from '../../errors/index.ts'
import { openTarWriter, type TarSink, type TarWriter } from '../../streams/tar/index.ts'
import { isStandardOutput } from './archive-path.ts'

/** An archive that is written to whoever reads it. One that is not finished has no end, which its reader can see. */
export interface StreamOutput extends AsyncDisposable {
  readonly writer: TarWriter
}

const standardOutput = 1

/** Opens standard output, a pipe or a device. A pipe waits here until somebody reads it. */
export async function openStreamOutput(path: string): Promise<StreamOutput> {
  if (isStandardOutput(path)) {
    const writeAll = isPipe(standardOutput) ? await pipeWriter(standardOutput) : fileWriter(standardOutput)
    return { writer: openTarWriter(sinkOf(writeAll, 'standard output')), [Symbol.asyncDispose]: async () => {} }
  }
  try {
    const handle = await open(path, 'w')
    return { writer: openTarWriter(sinkOf(fileWriter(handle.fd), path)), [Symbol.asyncDispose]: () => handle.close() }
  } catch (error) {
    throw fromFileError(error, { operation: 'write', subject: path })
  }
}

type WriteAll = (bytes: Uint8Array) => Promise<void>

const writeSome = promisify(write)

function fileWriter(descriptor: number): WriteAll {
  return async bytes => {
    for (let done = 0; done < bytes.byteLength; ) {
      const { bytesWritten } = await writeSome(descriptor, bytes, done, bytes.byteLength - done, null)
      done += bytesWritten
    }
  }
}

/** Node never lets a write to its standard output wait, where that is a pipe. A socket is told when there is room again. */
async function pipeWriter(descriptor: number): Promise<WriteAll> {
  const { Socket } = await import('node:net')
  const socket = new Socket({ fd: descriptor, readable: false, writable: true })
  // The write that fails says it too.
  socket.on('error', () => {})
  return bytes =>
    new Promise((resolve, reject) => {
      socket.write(bytes, error => (error ? reject(error) : resolve()))
    })
}

function isPipe(descriptor: number): boolean {
  const stats = fstatSync(descriptor)
  return stats.isFIFO() || stats.isSocket()
}

function sinkOf(writeAll: WriteAll, subject: string): TarSink {
  let position = 0
  return {
    get position() {
      return position
    },
    async write(bytes) {
      if (bytes.byteLength === 0) return
      try {
        await writeAll(bytes)
      } catch (error) {
        if (systemCode(error) !== 'EPIPE') throw fromFileError(error, { operation: 'write', subject })
        throw new LadingError('io', 'whoever reads the archive has stopped', {
          operation: 'write',
          subject,
          cause: error,
        })
      }
      position += bytes.byteLength
    },
    flush: async () => {},
  }
}
