import { constants, type Stats } from 'node:fs'
import { type FileHandle, lstat, open } from 'node:fs/promises'
import { LadingError, systemCode } from '../../errors/index.ts'
import { type ByteStream, bytesOf } from '../../streams/index.ts'

const chunkBytes = 1024 * 1024

export interface OpenObject {
  readonly handle: FileHandle
  readonly stats: Stats
}

/** Opens the file of an object, or `undefined` where there is none. Whoever calls closes the handle. */
export async function openObject(path: string): Promise<OpenObject | undefined> {
  let handle: FileHandle
  try {
    // O_NONBLOCK: a FIFO in the way must not stop a thread of the pool for good. It means nothing for a file.
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    if (code === 'ELOOP') throw notAnObject('a symbolic link', error)
    throw error
  }
  try {
    const stats = await handle.stat()
    if (stats.isFile()) return { handle, stats }
    if (!stats.isDirectory()) throw notAnObject('not a regular file')
    await handle.close()
    return undefined
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** What an object's file is, `undefined` where there is none. Not by opening it: that is two calls more for each of a thousand blobs. */
export async function lookAtObject(path: string): Promise<Stats | undefined> {
  try {
    const stats = await lstat(path)
    if (stats.isSymbolicLink()) throw notAnObject('a symbolic link')
    if (!stats.isFile() && !stats.isDirectory()) throw notAnObject('not a regular file')
    return stats.isFile() ? stats : undefined
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined
    throw error
  }
}

/** The whole of a small file that is open. */
export async function readContent(handle: FileHandle, size: number): Promise<Uint8Array> {
  const content = Buffer.allocUnsafeSlow(size)
  for (let filled = 0; filled < size; ) {
    const { bytesRead } = await handle.read(content, filled, size - filled, filled)
    if (bytesRead === 0) throw shortened()
    filled += bytesRead
  }
  return content
}

/** A part of content that is in memory already. */
export function contentBody(content: Uint8Array, start: number, end: number): ByteStream {
  return bytesOf(content.subarray(start, end)).open()
}

/**
 * A part of an open file. It owns the handle, and so shows one version however often the object is replaced meanwhile.
 *
 * Not a generator: `return` of one that was never started would leave the handle open.
 */
export function fileBody(handle: FileHandle, start: number, end: number): AsyncIterableIterator<Uint8Array> {
  let position = start
  let open = true
  const close = async () => {
    if (!open) return
    open = false
    await handle.close()
  }
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      if (!open || position >= end) {
        await close()
        return { done: true, value: undefined }
      }
      try {
        // A buffer of its own for every chunk, since a chunk is never changed once it is yielded.
        const size = Math.min(chunkBytes, end - position)
        const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafeSlow(size), 0, size, position)
        if (bytesRead === 0) throw shortened()
        position += bytesRead
        return { done: false, value: buffer.subarray(0, bytesRead) }
      } catch (error) {
        await close()
        throw error
      }
    },
    async return() {
      await close()
      return { done: true, value: undefined }
    },
  }
}

function shortened(): LadingError {
  return new LadingError('io', 'the file became shorter while it was read', {
    hint: 'do it again once nobody else writes to it',
  })
}

export function notAnObject(what: string, cause?: unknown): LadingError {
  return new LadingError('bad-layout', `it is ${what}`, {
    hint: 'a bucket in a directory holds plain files and directories only',
    cause,
  })
}
