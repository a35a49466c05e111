import { randomUUID } from 'node:crypto'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromFileError, LadingError, systemCode } from '../errors/index.ts'
import type { Digest } from '../model/digest.ts'
import { type ByteStream, type Bytes, bytesOf } from './byte-stream.ts'
import { createDraft, type Draft } from './draft.ts'
import { readHead, type StreamHead } from './read-head.ts'

/** Content that came once and can be read as often as one likes, until it is disposed of. */
export interface Spooled extends AsyncDisposable {
  readonly bytes: Bytes
  readonly digest: Digest
  readonly size: number
}

const memoryBytes = 8 * 1024 * 1024
const readBytes = 256 * 1024

/**
 * Keeps a stream whole: up to 8 MiB in memory, more in a temporary file of this user's that is gone when the process ends,
 * however it ends.
 *
 * @param folder where the file is made
 * @throws what the stream throws, unchanged; LadingError `disk-full`, `io`
 */
export async function spool(source: ByteStream | Draft, folder = tmpdir()): Promise<Spooled> {
  const draft = 'read' in source ? source : createDraft(source)
  const head = await readHead(draft.read(), memoryBytes)
  if (!head.whole) return await spoolToFile(head, draft, folder)
  const bytes = bytesOf(head.chunks.length === 1 && head.chunks[0] ? head.chunks[0] : Buffer.concat(head.chunks))
  return { bytes, digest: draft.digest(), size: head.size, [Symbol.asyncDispose]: async () => {} }
}

async function spoolToFile(head: StreamHead, draft: Draft, folder: string): Promise<Spooled> {
  const file = await TemporaryFile.create(folder).catch(async error => {
    await head.close()
    throw error
  })
  try {
    for await (const chunk of head.stream()) await file.append(chunk)
    const { size } = draft
    return {
      bytes: { size, open: (from = 0, signal) => file.read(from, size, signal) },
      digest: draft.digest(),
      size,
      [Symbol.asyncDispose]: () => file.remove(),
    }
  } catch (error) {
    await file.remove()
    throw error
  }
}

/** A file without a name, where the system allows that: then a killed process leaves nothing. */
class TemporaryFile {
  readonly #path: string
  readonly #handle: FileHandle
  #named = true

  private constructor(path: string, handle: FileHandle) {
    this.#path = path
    this.#handle = handle
  }

  static async create(folder: string): Promise<TemporaryFile> {
    const path = join(folder, `lading-${randomUUID()}`)
    try {
      const file = new TemporaryFile(path, await open(path, 'wx+', 0o600))
      await file.#unlink()
      return file
    } catch (error) {
      throw inFileTerms(error, path)
    }
  }

  async append(chunk: Uint8Array): Promise<void> {
    try {
      for (let written = 0; written < chunk.byteLength; ) {
        written += (await this.#handle.write(chunk, written)).bytesWritten
      }
    } catch (error) {
      throw inFileTerms(error, this.#path)
    }
  }

  async *read(from: number, size: number, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    for (let at = from; at < size; ) {
      signal?.throwIfAborted()
      // A buffer of its own for every chunk, since a chunk is never changed once it is yielded.
      const buffer = Buffer.allocUnsafeSlow(Math.min(readBytes, size - at))
      const { bytesRead } = await this.#handle.read(buffer, 0, buffer.byteLength, at).catch(error => {
        throw inFileTerms(error, this.#path)
      })
      if (bytesRead === 0) throw shortened(this.#path)
      at += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  }

  async remove(): Promise<void> {
    // Nobody reads it any more, whatever the system says of closing it.
    await this.#handle.close().catch(() => {})
    if (this.#named) await this.#unlink()
  }

  /** Windows does not remove a file that is open: there it has its name until it is closed. */
  async #unlink(): Promise<void> {
    this.#named = await unlink(this.#path).then(
      () => false,
      () => true,
    )
  }
}

function shortened(subject: string): LadingError {
  return new LadingError('io', 'a temporary file was shortened', {
    side: 'local',
    operation: 'read a layer on the disk',
    subject,
    hint: 'name a folder that nobody else writes to by --tmpdir or TMPDIR',
  })
}

function inFileTerms(error: unknown, path: string): Error {
  return fromFileError(error, {
    side: 'local',
    operation: 'keep a layer on the disk',
    subject: path,
    ...(systemCode(error) === 'ENOSPC' ? { hint: 'name a folder with more room by --tmpdir or TMPDIR' } : {}),
  })
}
