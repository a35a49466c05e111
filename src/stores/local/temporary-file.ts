import { createHash, randomBytes } from 'node:crypto'
import { type FileHandle, lstat, opendir, rename, stat, utimes } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { ByteStream } from '../../streams/index.ts'
import { etagLimitBytes } from './content-etag.ts'
import { currentProcess, hasEnded } from './process-identity.ts'
import { removeTemporary } from './remove-temporary.ts'

const writeBytes = 1024 * 1024
const dayMs = 24 * 60 * 60 * 1000

/** In the place of the process, where it has left the file. */
const nobody = '0'

/** Before the name of content whose beginning another process may go on with. */
const contentMark = '.'

/**
 * A name that tells a later process whether the writer of the file still runs, and what the file is to become, where the process may go on with it.
 */
export async function temporaryName(content?: string): Promise<string> {
  const { pid, started, machine } = await currentProcess()
  const name = [machineTag(machine), pid, started || 0, randomBytes(8).toString('hex')].join('-')
  return content === undefined ? name : `${name}${contentMark}${content}`
}

/** Leaves a file to whoever goes on with it, in this process too. */
export async function leaveTemporary(path: string): Promise<void> {
  const [tag, , , ...rest] = basename(path).split('-')
  await rename(path, join(dirname(path), [tag, nobody, nobody, ...rest].join('-')))
}

/**
 * Gives a file that a process left which has ended, and that was to become `content`, a name of this process. Of several that try, one succeeds.
 *
 * @returns its path; `undefined` where there is none
 */
export async function adoptAbandoned(directory: string, content: string): Promise<string | undefined> {
  for await (const { name } of await opendir(directory)) {
    if (!name.endsWith(`${contentMark}${content}`) || !(await hasWriterEnded(name))) continue
    const from = join(directory, name)
    const stats = await lstat(from).catch(() => undefined)
    // Another name for a file of somebody else's, or a link to it, is not written to. Nor is a file of another user's, who could change it later.
    const user = process.geteuid?.() ?? stats?.uid
    if (stats === undefined || !stats.isFile() || stats.nlink > 1 || stats.uid !== user) continue
    const adopted = join(directory, await temporaryName(content))
    try {
      // Whoever sweeps takes a file for abandoned that nobody has touched for a day.
      await utimes(from, new Date(), new Date())
      await rename(from, adopted)
      return adopted
    } catch {
      // Another process was faster, or it is not ours to rename: without it the content is received from its start.
    }
  }
  return undefined
}

/** A file that is written whole and durable, but has no name that matters yet. */
interface TemporaryFile {
  readonly path: string
  readonly size: number
  readonly modified: Date
  /** Absent for large content, as in `ObjectInfo`. */
  readonly etag?: string
}

interface WriteOptions {
  readonly path: string
  readonly handle: FileHandle
  /** What the body has, where it says: a thousand small files have small buffers. */
  readonly sizeHint: number | undefined
  /** Whether the file stays after this failure, for whoever goes on with it. Default: it does not. */
  readonly stays?: (error: unknown) => boolean
}

/** Writes what `begin` opens to a file, after as many bytes as it says that the file has already. Closes the file. */
export async function writeTemporary(
  { path, handle, sizeHint, stays = () => false }: WriteOptions,
  begin: () => Promise<{ readonly from: number; readonly body: ByteStream }>,
): Promise<TemporaryFile> {
  try {
    const { from, body } = await begin()
    const content = await writeAll(handle, body, from, sizeHint)
    await handle.sync()
    const { mtime } = await handle.stat()
    await handle.close()
    return { path, modified: mtime, ...content }
  } catch (error) {
    // What went wrong first is what is said.
    await handle.close().catch(() => {})
    await (stays(error) ? leaveTemporary(path) : removeTemporary(path)).catch(() => {})
    throw error
  }
}

/**
 * Chunks of a body may be small; the disk is given large ones. Each write is awaited, so the body is read no faster than that.
 */
async function writeAll(
  handle: FileHandle,
  body: ByteStream,
  from: number,
  sizeHint = writeBytes,
): Promise<{ size: number; etag?: string }> {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(Math.min(writeBytes, sizeHint))
  let filled = 0
  let size = from
  let at = from
  const write = async (bytes: Uint8Array) => {
    await writeAt(handle, bytes, at)
    at += bytes.byteLength
  }
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size <= etagLimitBytes) hash.update(chunk)
    if (filled > 0 && filled + chunk.byteLength > buffer.byteLength) {
      await write(buffer.subarray(0, filled))
      filled = 0
    }
    if (chunk.byteLength > buffer.byteLength) {
      await write(chunk)
    } else {
      buffer.set(chunk, filled)
      filled += chunk.byteLength
    }
  }
  await write(buffer.subarray(0, filled))
  return { size, ...(size <= etagLimitBytes ? { etag: hash.digest('hex') } : {}) }
}

async function writeAt(handle: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let written = 0; written < bytes.byteLength; ) {
    written += (await handle.write(bytes, written, bytes.byteLength - written, at + written)).bytesWritten
  }
}

/**
 * Removes what killed writers left, but for what somebody may go on with. In a directory of others only names with `prefix` are ours. What
 * cannot be removed, such as a file of another user's, stays: it is in nobody's way.
 */
export async function sweepTemporary(directory: string, prefix = ''): Promise<void> {
  for await (const path of abandonedFiles(directory, prefix)) {
    if (basename(path).includes(contentMark, prefix.length) && !(await untouchedForADay(path))) continue
    await removeTemporary(path).catch(() => {})
  }
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
  return (await hasWriterEnded(name.slice(prefix.length))) || (await untouchedForADay(join(directory, name)))
}

async function hasWriterEnded(name: string): Promise<boolean> {
  const { machine } = await currentProcess()
  const [tag, pid, started] = name.split('-')
  if (tag !== machineTag(machine)) return false
  if (pid === nobody) return true
  return await hasEnded({ pid: Number(pid), started: started === '0' ? '' : (started ?? ''), machine })
}

async function untouchedForADay(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => undefined)
  return info !== undefined && Date.now() - info.mtimeMs > dayMs
}

function machineTag(machine: string): string {
  return createHash('sha256').update(machine).digest('hex').slice(0, 8)
}
