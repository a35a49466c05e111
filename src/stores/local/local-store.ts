import { lstat, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fromFileError, LadingError, systemCode } from '../../errors/index.ts'
import type { ByteStream, Bytes } from '../../streams/index.ts'
import { leavesReceived } from '../leaves-received.ts'
import type {
  CopyFromOptions,
  DeleteOptions,
  FileUpload,
  GetOptions,
  ListEntry,
  ListOptions,
  ObjectInfo,
  ObjectOrigin,
  PutOptions,
  StoreDriver,
  UnfinishedUpload,
  UploadOptions,
} from '../object-store.ts'
import { withinObject } from '../within-object.ts'
import { cloneFile } from './clone-file.ts'
import { isWorthKeeping, openDraft, recallBeginning } from './content-draft.ts'
import { etagLimitBytes, etagOf, etagOfFile } from './content-etag.ts'
import { listObjects } from './list-objects.ts'
import { listUnfinished } from './list-unfinished.ts'
import { pruneDirectories, refuseLinks, syncDirectory } from './object-directory.ts'
import { changed, exists, existsAlready, ObjectPlaces } from './object-places.ts'
import { contentBody, fileBody, lookAtObject, openObject, readContent } from './read-object.ts'
import { removeTemporary } from './remove-temporary.ts'
import { leaveTemporary, writeTemporary } from './temporary-file.ts'
import { Workshop } from './workshop.ts'

/** Content of up to this size is written without a look whether it is there, which whoever puts it has had. */
const sparedBytes = 64 * 1024

/** A bucket in a directory: an object is the file whose path below the root is its key. */
export async function openLocalStore(root: string): Promise<StoreDriver> {
  return new LocalStore(root)
}

/** Writes go to a temporary file first, which is then given its place. */
class LocalStore implements StoreDriver {
  readonly name: string
  readonly listing = 'whole-folder'
  readonly #root: string
  readonly #workshop: Workshop
  readonly #places: ObjectPlaces
  /** Roots whose files cannot be cloned into this one. */
  readonly #cannotClone = new Set<string>()

  constructor(root: string) {
    this.name = `local://${root}`
    this.#root = resolve(root)
    this.#workshop = new Workshop(this.#root)
    this.#places = new ObjectPlaces(this.#root, this.#workshop)
  }

  /** Without etag: a copy asks this of every blob, and the answer would cost reading them. */
  async head(key: string): Promise<ObjectInfo | undefined> {
    return await inFileTerms(async () => {
      const path = this.#places.pathOf(key)
      await refuseLinks(this.#root, dirname(path))
      const stats = await lookAtObject(path)
      return stats && { key, size: stats.size, modified: stats.mtime }
    })
  }

  async get(key: string, options: GetOptions = {}): Promise<{ info: ObjectInfo; body: ByteStream }> {
    return await inFileTerms(async () => {
      const opened = await this.#places.open(key)
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
      const path = this.#places.pathOf(key)
      if (options.content === undefined) await refuseLinks(this.#root, dirname(path))
      // What would fail or be for nothing in the end must not write gigabytes first. The link below decides.
      if (options.ifNoneMatch !== undefined && (await exists(path))) throw existsAlready()
      const worthAsking = options.content !== undefined && (body.size ?? 0) > sparedBytes
      const there = worthAsking ? await this.head(key) : undefined
      if (there !== undefined && there.size === body.size) return there
      await this.#workshop.enter()
      const written = await this.#receive(body, options)
      try {
        if (options.ifNoneMatch !== undefined) await this.#places.create(path, written.path)
        else if (options.content === undefined || there !== undefined)
          await this.#places.replace(key, written.path, options)
        else await this.#places.place(key, written.path, options)
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
      await refuseLinks(this.#root, dirname(this.#places.pathOf(key)))
      await workshop.enter()
      const { path, handle } = await openDraft(workshop, isWorthKeeping(options) ? content : undefined)
      await handle.close()
      const abort = () => inFileTerms(() => removeTemporary(path))
      return {
        kind: 'file',
        path,
        abort,
        leave: () => inFileTerms(() => (isWorthKeeping(options) ? leaveTemporary(path) : removeTemporary(path))),
        finish: signal =>
          inFileTerms(async () => {
            const written = await lstat(path)
            if (written.size !== size) {
              throw new LadingError('size-mismatch', `${size} bytes were declared, but there are ${written.size}`)
            }
            await this.#places.put(key, path, { size, content, signal })
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
      const path = this.#places.pathOf(key)
      await refuseLinks(this.#root, dirname(path))
      if (!(await exists(path))) return
      await this.#workshop.enter()
      await using lock = await this.#places.lockToDelete(key, options)
      if (options.ifMatch !== undefined && lock !== undefined && (await exists(path)))
        await this.#places.compare(key, options.ifMatch, lock, options)
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
      const path = this.#places.pathOf(from)
      await this.#places.replace(to, path, { signal })
      await syncDirectory(dirname(path))
      await pruneDirectories(this.#root, path)
    })
  }

  origin(key: string): ObjectOrigin {
    return { service: 'file', account: '', bucket: this.#root, key }
  }

  /** By a clone, which shares the other's bytes. Where the file system has none they are copied by whoever checks them on the way. */
  async copyFrom(origin: ObjectOrigin, key: string, options: CopyFromOptions): Promise<ObjectInfo | undefined> {
    const other = origin.bucket
    if (origin.service !== 'file' || origin.account !== '' || this.#cannotClone.has(other)) return undefined
    return await inFileTerms(async () => {
      const from = join(other, origin.key)
      await refuseLinks(other, dirname(from))
      const opened = await openObject(from)
      if (opened === undefined) throw new LadingError('blob-not-found', 'there is no such object')
      await using _ = opened.handle
      const { size } = opened.stats
      if (size !== options.size) throw new LadingError('size-mismatch', `it has ${size} bytes, not ${options.size}`)
      return await this.#clone(from, other, key, options)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#workshop.leave()
  }

  async #receive(body: Bytes, { content, signal }: PutOptions): ReturnType<typeof writeTemporary> {
    const { size } = body
    const isKept = size !== undefined && isWorthKeeping({ content, size })
    const { path, handle } = await openDraft(this.#workshop, isKept ? content : undefined)
    const options = { path, handle, sizeHint: size, ...(isKept ? { stays: leavesReceived } : {}) }
    return await writeTemporary(options, async () => {
      const from = isKept ? await recallBeginning(handle, body, size, signal) : 0
      return { from, body: body.open(from, signal) }
    })
  }

  async #clone(from: string, other: string, key: string, options: CopyFromOptions): Promise<ObjectInfo | undefined> {
    const workshop = this.#workshop
    await refuseLinks(this.#root, dirname(this.#places.pathOf(key)))
    await workshop.enter()
    const draft = await workshop.draft()
    try {
      if (!(await workshop.within(() => cloneFile(from, draft)))) {
        this.#cannotClone.add(other)
        return undefined
      }
      // It was open to whoever writes there after it was looked at. What is wrong is said by who reads it.
      if ((await lstat(draft)).size !== options.size) return undefined
      await this.#places.put(key, draft, options)
      return { key, size: options.size, modified: new Date() }
    } finally {
      await removeTemporary(draft)
    }
  }
}

async function inFileTerms<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw fromFileError(error, {})
  }
}
