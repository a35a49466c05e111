import { createReadStream, type Stats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { fromFileError, LadingError, systemCode } from '../../errors/index.ts'
import {
  type ByteStream,
  decompressed,
  type RandomAccess,
  randomAccessFile,
  readAll,
  sniffCompression,
} from '../../streams/index.ts'
import { type ArrivingEntry, indexTar, openTarIndex, readTar, type TarIndex } from '../../streams/tar/index.ts'
import { isStandardInput } from './archive-path.ts'

/** An archive that is open for reading: a file of which any part can be read, or a stream that comes once. */
export type OpenArchive = SeekableArchive | ArrivingArchive

export interface SeekableArchive extends AsyncDisposable {
  readonly kind: 'seekable'
  readonly file: RandomAccess
  /** What is in it. Read once, however often it is asked for. @throws LadingError `bad-archive` */
  index(signal?: AbortSignal): Promise<TarIndex>
}

/** Standard input, a pipe, or a file that is compressed. */
export interface ArrivingArchive extends AsyncDisposable {
  readonly kind: 'arriving'
  /** Can be called once. @throws LadingError `bad-archive` */
  entries(signal?: AbortSignal): AsyncIterable<ArrivingEntry>
}

/** So many bytes show whether a file is compressed. */
const sniffedBytes = 512
const pipeBytes = 1024 * 1024

/**
 * Opens an archive: a path, or `-` for standard input. What is compressed is uncompressed as it comes.
 *
 * @throws LadingError `image-not-found` where there is no file, `bad-archive` where it is a directory
 */
export async function openArchive(path: string): Promise<OpenArchive> {
  if (isStandardInput(path)) return arriving(standardInput(), async () => {})
  const details = { operation: 'open', subject: path }
  let stats: Stats
  try {
    stats = await stat(path)
    // To open a pipe waits for somebody to write it: that is left to the reading.
    if (stats.isFIFO() || stats.isCharacterDevice()) {
      return arriving(
        () => createReadStream(path, { highWaterMark: pipeBytes }),
        async () => {},
      )
    }
  } catch (error) {
    if (systemCode(error) === 'ENOENT')
      throw new LadingError('image-not-found', 'there is no such file', { ...details, cause: error })
    throw fromFileError(error, details)
  }
  if (!stats.isFile()) {
    throw new LadingError('bad-archive', `it is ${stats.isDirectory() ? 'a directory' : 'not a file'}`, {
      ...details,
      hint: stats.isDirectory() ? 'an archive is a file; an OCI layout in a directory is read with oci:' : undefined,
    })
  }
  const handle = await opened(path, details)
  // What was read is read, whatever the system says of closing it.
  const close = () => handle.close().catch(() => {})
  try {
    const { size } = await handle.stat()
    const file = randomAccessFile(handle, size)
    const start = await readAll(file.read(0, Math.min(size, sniffedBytes)), sniffedBytes, path)
    return sniffCompression(start) === 'none' ? seekable(file, close) : arriving(() => file.read(0, size), close)
  } catch (error) {
    await close()
    throw error instanceof LadingError ? error.with(details) : fromFileError(error, details)
  }
}

async function opened(path: string, details: { operation: string; subject: string }): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } catch (error) {
    throw fromFileError(error, details)
  }
}

function standardInput(): () => Readable {
  if (!process.stdin.isTTY) return () => process.stdin
  throw new LadingError('bad-argument', 'standard input is a terminal, not an archive', {
    hint: 'write the archive to it: `… | lading copy …`, or `lading copy … < FILE`',
  })
}

function seekable(file: RandomAccess, close: () => Promise<void>): SeekableArchive {
  let index: TarIndex | undefined
  return {
    kind: 'seekable',
    file,
    async index(signal) {
      index ??= openTarIndex(await indexTar(file, signal))
      return index
    },
    [Symbol.asyncDispose]: close,
  }
}

function arriving(open: () => Readable | ByteStream, close: () => Promise<void>): ArrivingArchive {
  let stream: Readable | ByteStream | undefined
  const destroy = (error?: Error) => {
    if (stream !== undefined && 'destroy' in stream) stream.destroy(error)
  }
  return {
    kind: 'arriving',
    async *entries(signal) {
      if (stream !== undefined) throw new LadingError('internal', 'an archive that comes once was read twice')
      const abort = () => destroy(signal?.reason)
      signal?.addEventListener('abort', abort)
      try {
        signal?.throwIfAborted()
        stream = open()
        yield* readTar(decompressed(chunksOf(stream)))
      } finally {
        signal?.removeEventListener('abort', abort)
      }
    },
    async [Symbol.asyncDispose]() {
      destroy()
      await close()
    },
  }
}

async function* chunksOf(stream: Readable | ByteStream): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* stream
  } catch (error) {
    throw fromFileError(error, { operation: 'read' })
  }
}
