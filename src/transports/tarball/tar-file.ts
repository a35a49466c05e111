import { createReadStream, type Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { fromFileError, LadingError, systemCode } from '../../errors/index.ts'
import { type ByteStream, spool } from '../../streams/index.ts'
import { standardInput } from './reference.ts'

const chunkBytes = 1024 * 1024

/** An archive that can be read as often as one likes. */
export interface TarFile extends AsyncDisposable {
  /** In milliseconds since 1970. */
  readonly modified: number
  open(signal?: AbortSignal): ByteStream
}

/** Standard input and pipes are kept on this machine until they are disposed of. @throws LadingError `image-not-found`, `bad-archive` */
export async function openTarFile(path: string, temporaryFolder: string | undefined): Promise<TarFile> {
  if (path === standardInput) {
    if (!process.stdin.isTTY) return await spooled(process.stdin, temporaryFolder)
    throw new LadingError('bad-argument', 'standard input is a terminal, not an archive', {
      hint: 'write the archive to it: `… | lading copy tarball:- …`',
    })
  }
  const stats = await look(path)
  if (stats.isFIFO() || stats.isCharacterDevice()) return await spooled(createReadStream(path), temporaryFolder)
  if (!stats.isFile())
    throw new LadingError('bad-archive', `it is ${stats.isDirectory() ? 'a directory' : 'not a file'}`, {
      subject: path,
    })
  return {
    modified: stats.mtimeMs,
    open: signal => readFile(path, signal),
    [Symbol.asyncDispose]: async () => {},
  }
}

async function spooled(stream: Readable, temporaryFolder: string | undefined): Promise<TarFile> {
  const { bytes, ...file } = await spool(chunksOf(stream), temporaryFolder)
  return {
    modified: Date.now(),
    open: signal => bytes.open(0, signal),
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  }
}

async function look(path: string): Promise<Stats> {
  try {
    return await stat(path)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw fromFileError(error, { operation: 'open', subject: path })
    throw new LadingError('image-not-found', 'there is no such file', { subject: path, cause: error })
  }
}

async function* readFile(path: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* chunksOf(createReadStream(path, { highWaterMark: chunkBytes, signal }))
  } catch (error) {
    signal?.throwIfAborted()
    throw error instanceof LadingError ? error.with({ subject: path }) : error
  }
}

async function* chunksOf(stream: Readable): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* stream
  } catch (error) {
    throw fromFileError(error, { operation: 'read' })
  }
}
