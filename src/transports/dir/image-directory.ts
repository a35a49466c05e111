import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fromFileError, LadingError, systemCode } from '../../errors/index.ts'
import { type ObjectStore, openStore } from '../../stores/index.ts'
import { acquireLock, type FileLock } from '../../stores/local/file-lock.ts'
import { Workshop } from '../../stores/local/workshop.ts'
import { readDocument } from './image-files.ts'

const versionKey = 'version'
const version = 'Directory Transport Version: 1.1\n'

/** What a killed writer may have left before the first file of the image. */
const ownFolder = 'lading'

/** A directory that an image is written to. */
export interface ImageDirectory extends AsyncDisposable {
  readonly store: ObjectStore
  /** Before the first write: makes the directory, and the file that shows what it is. */
  claim(signal: AbortSignal | undefined): Promise<void>
  /** Keeps every other lading from committing here. */
  lock(signal: AbortSignal | undefined): Promise<FileLock>
}

/** @throws LadingError `bad-layout` where it holds anything that no image left there: a commit removes the image before */
export async function openImageDirectory(path: string): Promise<ImageDirectory> {
  const store = await openStore({ scheme: 'local', root: path })
  const workshop = new Workshop(resolve(path))
  const isMarked = await readMark(path, store)
  let claimed: Promise<void> | undefined
  return {
    store,
    claim(signal) {
      claimed ??= isMarked ? Promise.resolve() : writeMark(store, signal)
      return claimed.catch(error => {
        claimed = undefined
        throw error
      })
    },
    async lock(signal) {
      try {
        await workshop.enter()
        return await acquireLock(join(workshop.locks, 'image'), {
          draft: () => workshop.draft(),
          within: step => workshop.within(step),
          signal,
        })
      } catch (error) {
        throw fromFileError(error, { operation: 'lock the directory', subject: path })
      }
    },
    async [Symbol.asyncDispose]() {
      await workshop.leave()
      await store[Symbol.asyncDispose]()
    },
  }
}

async function readMark(path: string, store: ObjectStore): Promise<boolean> {
  const entries = await entriesOf(path)
  if (entries.includes(versionKey)) {
    const found = await readDocument(store, versionKey, undefined)
    if (found !== undefined && new TextDecoder().decode(found.bytes) === version) return true
  } else if (entries.every(name => name === ownFolder)) return false
  throw new LadingError('bad-layout', `${path} is neither empty nor the directory of an image`, {
    operation: 'write',
    subject: path,
    hint: 'an image is written as dir: to a new directory, an empty one, or one that holds such an image already',
  })
}

async function entriesOf(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw fromFileError(error, { operation: 'read the directory', subject: path })
  }
}

/** Another copy may write the same at the same time. */
async function writeMark(store: ObjectStore, signal: AbortSignal | undefined): Promise<void> {
  await store.put(versionKey, new TextEncoder().encode(version), { signal })
}
