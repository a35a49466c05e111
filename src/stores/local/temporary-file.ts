import { createHash, randomBytes } from 'node:crypto'
import { type FileHandle, open, opendir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ByteStream } from '../../streams/index.ts'
import { etagLimitBytes } from './content-etag.ts'
import { currentProcess, hasEnded } from './process-identity.ts'
import { removeTemporary } from './remove-temporary.ts'

const writeBytes = 1024 * 1024
const dayMs = 24 * 60 * 60 * 1000

/** A name that tells a later process whether the writer of the file still runs. */
export async function temporaryName(): Promise<string> {
  const { pid, started, machine } = await currentProcess()
  return [machineTag(machine), pid, started || 0, randomBytes(8).toString('hex')].join('-')
}

/** A file that is written whole and durable, but has no name that matters yet. */
interface TemporaryFile {
  readonly path: string
  readonly size: number
  readonly modified: Date
  /** Absent for large content, as in `ObjectInfo`. */
  readonly etag?: string
}

/** Writes `body` to a new file. Where the body or the disk fails, nothing stays. */
export async function writeTemporary(
  path: string,
  body: ByteStream,
  sizeHint: number | undefined,
  within: <T>(step: () => Promise<T>) => Promise<T>,
): Promise<TemporaryFile> {
  const handle = await within(() => open(path, 'wx'))
  try {
    const content = await writeAll(handle, body, sizeHint)
    await handle.sync()
    const { mtime } = await handle.stat()
    await handle.close()
    return { path, modified: mtime, ...content }
  } catch (error) {
    // What went wrong first is what is said.
    await handle.close().catch(() => {})
    await removeTemporary(path).catch(() => {})
    throw error
  }
}

/**
 * Chunks of a body may be small; the disk is given large ones. Each write is awaited, so the body is read no faster than that.
 *
 * @param sizeHint what the body has, where it says: a thousand small files have small buffers
 */
async function writeAll(
  handle: FileHandle,
  body: ByteStream,
  sizeHint = writeBytes,
): Promise<{ size: number; etag?: string }> {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(Math.min(writeBytes, sizeHint))
  let filled = 0
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size <= etagLimitBytes) hash.update(chunk)
    if (filled > 0 && filled + chunk.byteLength > buffer.byteLength) {
      await write(handle, buffer.subarray(0, filled))
      filled = 0
    }
    if (chunk.byteLength > buffer.byteLength) {
      await write(handle, chunk)
    } else {
      buffer.set(chunk, filled)
      filled += chunk.byteLength
    }
  }
  await write(handle, buffer.subarray(0, filled))
  return { size, ...(size <= etagLimitBytes ? { etag: hash.digest('hex') } : {}) }
}

async function write(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.byteLength; ) {
    written += (await handle.write(bytes, written, bytes.byteLength - written)).bytesWritten
  }
}

/** Removes what killed writers left. In a directory of others only names with `prefix` are ours. */
export async function sweepTemporary(directory: string, prefix = ''): Promise<void> {
  for await (const path of abandonedFiles(directory, prefix)) await removeTemporary(path)
}

/**
 * What killed writers left: files of processes of this machine that have ended, and any that nobody touched for a day. A
 * writer on another machine that shares the directory is given that day.
 */
export async function* abandonedFiles(directory: string, prefix = ''): AsyncGenerator<string, void, undefined> {
  for await (const { name } of await opendir(directory)) {
    if (name.startsWith(prefix) && (await isAbandoned(directory, name, prefix))) yield join(directory, name)
  }
}

async function isAbandoned(directory: string, name: string, prefix: string): Promise<boolean> {
  const { machine } = await currentProcess()
  const [tag, pid, started] = name.slice(prefix.length).split('-')
  if (tag === machineTag(machine)) {
    const identity = { pid: Number(pid), started: started === '0' ? '' : (started ?? ''), machine }
    if (await hasEnded(identity)) return true
  }
  return await untouchedForADay(join(directory, name))
}

async function untouchedForADay(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => undefined)
  return info !== undefined && Date.now() - info.mtimeMs > dayMs
}

function machineTag(machine: string): string {
  return createHash('sha256').update(machine).digest('hex').slice(0, 8)
}
