import { createHash } from 'node:crypto'
import { link, lstat, open, rename, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fromFileError, isLadingError, LadingError, systemCode } from '../../errors/index.ts'
import type { ByteStream, Bytes } from '../../streams/index.ts'
import type {
  CopyFromOptions,
  DeleteOptions,
  FileUpload,
  GetOptions,
  ListEntry,
  ListOptions,
  ObjectInfo,
  PutOptions,
  StoreDriver,
  UnfinishedUpload,
  UploadOptions,
} from '../object-store.ts'
import { withinObject } from '../within-object.ts'
import { etagLimitBytes, etagOf, etagOfFile } from './content-etag.ts'
import { acquireLock, type FileLock } from './file-lock.ts'
import { listObjects } from './list-objects.ts'
import { listUnfinished } from './list-unfinished.ts'
import { placeObject, pruneDirectories, refuseLinks, syncDirectory } from './object-directory.ts'
import { contentBody, fileBody, lookAtObject, openObject, readContent } from './read-object.ts'
import { removeTemporary, writeTemporary } from './temporary-file.ts'
import { Workshop } from './workshop.ts'

/** Content of up to this size is written without a look whether it is there, which whoever puts it has had. */
const sparedBytes = 64 * 1024

/** A bucket in a directory: an object is the file whose path below the root is its key. */
export async function openLocalStore(root: string): Promise<StoreDriver> {
  return new LocalStore(root)
}

/**
 * Writes go to a temporary file first. Then an object is created by link(2), which fails where the name exists, and replaced
 * by rename(2) under a lock of its key. Creating needs no lock: it happens only where the object is absent, and what the lock
 * protects (compare the etag, then replace or delete) only where it is present.
 */
class LocalStore implements StoreDriver {
  readonly name: string
  readonly listing = 'whole-folder'
  readonly #root: string
  readonly #workshop: Workshop

  constructor(root: string) {
    this.name = `local://${root}`
    this.#root = resolve(root)
    this.#workshop = new Workshop(this.#root)
  }

  /** Without etag: a copy asks this of every blob, and the answer would cost reading them. */
  async head(key: string): Promise<ObjectInfo | undefined> {
    return await inFileTerms(async () => {
      const path = this.#pathOf(key)
      await refuseLinks(this.#root, dirname(path))
      const stats = await lookAtObject(path)
      return stats && { key, size: stats.size, modified: stats.mtime }
    })
  }

  async get(key: string, options: GetOptions = {}): Promise<{ info: ObjectInfo; body: ByteStream }> {
    return await inFileTerms(async () => {
      const opened = await this.#open(key)
      if (opened === undefined) throw new LadingError('blob-not-found', 'there is no such object')
      const { handle, stats } = opened
      const { size, mtime: modified } = stats
      let kept = false
      try {
        const { start, end } = withinObject(options.range, size)
        const content = size <= etagLimitBytes ? await readContent(handle, size) : undefined
        const etag =
          content !== undefined
            ? etagOf(content)
            : options.ifMatch !== undefined || options.needsEtag
              ? await etagOfFile(handle, options.signal)
              : undefined
        if (options.ifMatch !== undefined && etag !== options.ifMatch) throw changed()
        kept = content === undefined
        return {
          info: { key, size, modified, ...(etag === undefined ? {} : { etag }) },
          body: content === undefined ? fileBody(handle, start, end) : contentBody(content, start, end),
        }
      } finally {
        if (!kept) await handle.close()
      }
    })
  }

  async put(key: string, body: Bytes, options: PutOptions = {}): Promise<ObjectInfo> {
    return await inFileTerms(async () => {
      const path = this.#pathOf(key)
      if (options.content === undefined) await refuseLinks(this.#root, dirname(path))
      // What would fail or be for nothing in the end must not write gigabytes first. The link below decides.
      if (options.ifNoneMatch !== undefined && (await exists(path))) throw existsAlready()
      const worthAsking = options.content !== undefined && (body.size ?? 0) > sparedBytes
      const there = worthAsking ? await this.head(key) : undefined
      if (there !== undefined && there.size === body.size) return there
      const workshop = this.#workshop
      await workshop.enter()
      const draft = await workshop.draft()
      const written = await writeTemporary(draft, body.open(0, options.signal), body.size, step =>
        workshop.within(step),
      )
      try {
        if (options.ifNoneMatch !== undefined) await this.#create(path, written.path)
        else if (options.content === undefined || there !== undefined) await this.#replace(key, written.path, options)
        else await this.#place(key, written.path, options)
      } finally {
        await removeTemporary(written.path)
      }
      const { size, modified, etag } = written
      return { key, size, modified, ...(etag === undefined ? {} : { etag }) }
    })
  }

  async upload(key: string, options: UploadOptions): Promise<FileUpload> {
    const { size, content } = options
    return await inFileTerms(async () => {
      const workshop = this.#workshop
      await refuseLinks(this.#root, dirname(this.#pathOf(key)))
      await workshop.enter()
      const path = await workshop.draft()
      await (await workshop.within(() => open(path, 'wx'))).close()
      const abort = () => inFileTerms(() => removeTemporary(path))
      return {
        kind: 'file',
        path,
        abort,
        finish: signal =>
          inFileTerms(async () => {
            const written = await lstat(path)
            if (written.size !== size) {
              throw new LadingError('size-mismatch', `${size} bytes were declared, but there are ${written.size}`)
            }
            const there = await this.head(key)
            if (there === undefined) await this.#place(key, path, { content, signal })
            else if (there.size !== size) await this.#replace(key, path, { signal })
            await abort()
          }),
      }
    })
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ListEntry, void, undefined> {
    try {
      await refuseLinks(this.#root, dirname(join(this.#root, `${prefix}x`)))
      yield* listObjects(this.#root, prefix, options)
    } catch (error) {
      throw fromFileError(error, {})
    }
  }

  async delete(key: string, options: DeleteOptions = {}): Promise<void> {
    await inFileTerms(async () => {
      const path = this.#pathOf(key)
      await refuseLinks(this.#root, dirname(path))
      if (!(await exists(path))) return
      await this.#workshop.enter()
      await using lock = await this.#lockToDelete(key, options)
      if (options.ifMatch !== undefined && lock !== undefined && (await exists(path)))
        await this.#compare(key, options.ifMatch, lock, options)
      await lock?.renew()
      try {
        await unlink(path)
      } catch (error) {
        if (systemCode(error) === 'ENOENT') return
        throw error
      }
      await syncDirectory(dirname(path))
      await pruneDirectories(this.#root, path)
    })
  }

  async *unfinished(): AsyncGenerator<UnfinishedUpload, void, undefined> {
    try {
      yield* listUnfinished(this.#root, this.#workshop.temporary)
    } catch (error) {
      throw fromFileError(error, {})
    }
  }

  async rename(from: string, to: string, { size, signal }: CopyFromOptions): Promise<void> {
    await inFileTerms(async () => {
      const found = await this.head(from)
      if (found === undefined) throw new LadingError('blob-not-found', 'there is no such object')
      if (found.size !== size) throw new LadingError('size-mismatch', `it has ${found.size} bytes, not ${size}`)
      await this.#workshop.enter()
      const path = this.#pathOf(from)
      await this.#replace(to, path, { signal })
      await syncDirectory(dirname(path))
      await pruneDirectories(this.#root, path)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#workshop.leave()
  }

  async #create(path: string, written: string): Promise<void> {
    try {
      await placeObject(this.#root, path, () => link(written, path))
    } catch (error) {
      if (systemCode(error) === 'EEXIST' && (await exists(path))) throw existsAlready()
      throw error
    }
  }

  /** Content needs no lock: whoever is faster has linked the same. */
  async #place(key: string, written: string, options: PutOptions): Promise<void> {
    try {
      await this.#create(this.#pathOf(key), written)
    } catch (error) {
      if (!isLadingError(error, 'precondition-failed')) throw error
      const [there, ours] = await Promise.all([this.head(key), lstat(written)])
      if (there?.size !== ours.size) await this.#replace(key, written, options)
    }
  }

  async #replace(key: string, written: string, { ifMatch, signal }: PutOptions): Promise<void> {
    const path = this.#pathOf(key)
    await using lock = await this.#lock(key, signal)
    if (ifMatch !== undefined) await this.#compare(key, ifMatch, lock, { signal })
    signal?.throwIfAborted()
    await lock.renew()
    await placeObject(this.#root, path, () => rename(written, path))
  }

  async #compare(key: string, etag: string, lock: FileLock, { signal }: DeleteOptions): Promise<void> {
    const opened = await this.#open(key)
    if (opened === undefined) throw changed()
    await using handle = opened.handle
    if ((await etagOfFile(handle, signal, () => lock.renew())) !== etag) throw changed()
  }

  async #open(key: string): ReturnType<typeof openObject> {
    const path = this.#pathOf(key)
    await refuseLinks(this.#root, dirname(path))
    return await openObject(path)
  }

  /** `undefined` on a disk that is full: there is no room for a lock, and what is deleted is what makes room. */
  async #lockToDelete(key: string, { ifMatch, signal }: DeleteOptions): Promise<FileLock | undefined> {
    try {
      return await this.#lock(key, signal)
    } catch (error) {
      const full = ['ENOSPC', 'EDQUOT'].includes(systemCode(error) ?? '')
      if (full && ifMatch === undefined) return undefined
      throw error
    }
  }

  #lock(key: string, signal: AbortSignal | undefined): Promise<FileLock> {
    const workshop = this.#workshop
    const name = createHash('sha256').update(key).digest('hex')
    return acquireLock(join(workshop.locks, name), {
      draft: () => workshop.draft(),
      within: step => workshop.within(step),
      signal,
    })
  }

  #pathOf(key: string): string {
    return join(this.#root, key)
  }
}

async function inFileTerms<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw fromFileError(error, {})
  }
}

/** Whether there is an object at `path`. A directory is none. */
async function exists(path: string): Promise<boolean> {
  try {
    return !(await lstat(path)).isDirectory()
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return false
    throw error
  }
}

function existsAlready(): LadingError {
  return new LadingError('precondition-failed', 'it exists already')
}

function changed(): LadingError {
  return new LadingError('precondition-failed', 'it is not the version that was asked for')
}
