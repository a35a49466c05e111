import { createHash } from 'node:crypto'
import { link, lstat, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isLadingError, LadingError, systemCode } from '../../errors/index.ts'
import type { CopyFromOptions, DeleteOptions, PutOptions } from '../object-store.ts'
import { etagOfFile } from './content-etag.ts'
import { acquireLock, type FileLock } from './file-lock.ts'
import { placeObject, refuseLinks } from './object-directory.ts'
import { objectPath } from './object-path.ts'
import { lookAtObject, type OpenObject, openObject } from './read-object.ts'
import type { Workshop } from './workshop.ts'

/**
 * How files that were written whole become objects. An object is created by link(2), which fails where the name exists, and replaced
 * by rename(2) under a lock of its key. Creating needs no lock: it happens only where the object is absent, and what the lock
 * protects (compare the etag, then replace or delete) only where it is present.
 */
export class ObjectPlaces {
  readonly #root: string
  readonly #workshop: Workshop

  constructor(root: string, workshop: Workshop) {
    this.#root = root
    this.#workshop = workshop
  }

  /** Puts a file of content in its place. */
  async put(key: string, written: string, { size, content, signal }: CopyFromOptions): Promise<void> {
    const there = await this.#sizeOf(key)
    if (there === undefined) await this.place(key, written, { content, signal })
    else if (there !== size) await this.replace(key, written, { signal })
  }

  async create(path: string, written: string): Promise<void> {
    try {
      await placeObject(this.#root, path, () => link(written, path))
    } catch (error) {
      if (systemCode(error) === 'EEXIST' && (await exists(path))) throw existsAlready()
      throw error
    }
  }

  /** Content needs no lock: whoever is faster has linked the same. */
  async place(key: string, written: string, options: PutOptions): Promise<void> {
    try {
      await this.create(this.pathOf(key), written)
    } catch (error) {
      if (!isLadingError(error, 'precondition-failed')) throw error
      const [there, ours] = await Promise.all([this.#sizeOf(key), lstat(written)])
      if (there !== ours.size) await this.replace(key, written, options)
    }
  }

  async replace(key: string, written: string, { ifMatch, signal }: PutOptions): Promise<void> {
    const path = this.pathOf(key)
    await using lock = await this.lock(key, signal)
    if (ifMatch !== undefined) await this.compare(key, ifMatch, lock, { signal })
    signal?.throwIfAborted()
    await lock.renew()
    await placeObject(this.#root, path, () => rename(written, path))
  }

  async compare(key: string, etag: string, lock: FileLock, { signal }: DeleteOptions): Promise<void> {
    const opened = await this.open(key)
    if (opened === undefined) throw changed()
    await using handle = opened.handle
    if ((await etagOfFile(handle, signal, () => lock.renew())) !== etag) throw changed()
  }

  /** `undefined` on a disk that is full: there is no room for a lock, and what is deleted is what makes room. */
  async lockToDelete(key: string, { ifMatch, signal }: DeleteOptions): Promise<FileLock | undefined> {
    try {
      return await this.lock(key, signal)
    } catch (error) {
      const full = ['ENOSPC', 'EDQUOT'].includes(systemCode(error) ?? '')
      if (full && ifMatch === undefined) return undefined
      throw error
    }
  }

  lock(key: string, signal: AbortSignal | undefined): Promise<FileLock> {
    const workshop = this.#workshop
    const name = createHash('sha256').update(key).digest('hex')
    return acquireLock(join(workshop.locks, name), {
      draft: () => workshop.draft(),
      within: step => workshop.within(step),
      signal,
    })
  }

  async open(key: string): Promise<OpenObject | undefined> {
    const path = this.pathOf(key)
    await refuseLinks(this.#root, dirname(path))
    return await openObject(path)
  }

  pathOf(key: string): string {
    return objectPath(this.#root, key)
  }

  async #sizeOf(key: string): Promise<number | undefined> {
    const path = this.pathOf(key)
    await refuseLinks(this.#root, dirname(path))
    return (await lookAtObject(path))?.size
  }
}

/** Whether there is an object at `path`. A directory is none. */
export async function exists(path: string): Promise<boolean> {
  try {
    return !(await lstat(path)).isDirectory()
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return false
    throw error
  }
}

export function existsAlready(): LadingError {
  return new LadingError('precondition-failed', 'it exists already')
}

export function changed(): LadingError {
  return new LadingError('precondition-failed', 'it is not the version that was asked for')
}
