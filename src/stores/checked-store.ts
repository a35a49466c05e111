import { LadingError } from '../errors/index.ts'
import type { DirectRequest } from '../http/index.ts'
import { type ByteRange, type ByteStream, type Bytes, bytesOf } from '../streams/index.ts'
import { CheckedBody } from './checked-body.ts'
import { deleteOneByOne } from './delete-one-by-one.ts'
import { endingListing } from './ending-listing.ts'
import { checkKey, checkPrefix } from './object-key.ts'
import type {
  CopyFromOptions,
  DeleteOptions,
  Deletion,
  GetOptions,
  ListEntry,
  ListOptions,
  ObjectInfo,
  ObjectOrigin,
  ObjectStore,
  OpenObject,
  PutOptions,
  Retention,
  StoreDriver,
  UnfinishedUpload,
  Upload,
  UploadOptions,
} from './object-store.ts'
import { wrappedUpload } from './wrapped-upload.ts'

/**
 * What is the same for every store, in one place: no key that could leave the store's root reaches a driver, an error says what
 * was done to which object, a body has the size it declares, an abort comes out as the signal's reason.
 */
export function checkedStore(driver: StoreDriver, afterClose: () => Promise<void> = async () => {}): ObjectStore {
  return new CheckedStore(driver, afterClose)
}

interface WithSignal {
  readonly signal?: AbortSignal | undefined
}

class CheckedStore implements ObjectStore {
  readonly name: string
  readonly listing: ObjectStore['listing']
  readonly unfinished?: (options?: WithSignal) => AsyncIterable<UnfinishedUpload>
  readonly retention?: (options?: WithSignal) => Promise<Retention>
  readonly origin?: (key: string) => ObjectOrigin
  readonly copyFrom?: (origin: ObjectOrigin, key: string, options: CopyFromOptions) => Promise<ObjectInfo | undefined>
  readonly upload?: (key: string, options: UploadOptions) => Promise<Upload | undefined>
  readonly locate?: (key: string, signal?: AbortSignal) => Promise<DirectRequest | undefined>
  readonly rename?: (from: string, to: string, options: CopyFromOptions) => Promise<void>
  readonly #driver: StoreDriver
  readonly #afterClose: () => Promise<void>

  constructor(driver: StoreDriver, afterClose: () => Promise<void>) {
    this.name = driver.name
    this.listing = driver.listing
    this.#driver = driver
    this.#afterClose = afterClose
    const { origin, copyFrom, rename, unfinished, retention, upload, locate } = driver
    if (unfinished !== undefined) {
      this.unfinished = (options = {}) =>
        this.#pages('list unfinished uploads', '', options.signal, () =>
          this.#uploads(unfinished.call(driver, options)),
        )
    }
    if (retention !== undefined) {
      this.retention = (options = {}) =>
        this.#explained('look up retention', '', options.signal, () => retention.call(driver, options))
    }
    if (origin !== undefined) {
      this.origin = key => {
        checkKey(key)
        return origin.call(driver, key)
      }
    }
    if (copyFrom !== undefined) {
      this.copyFrom = (from, key, options) =>
        this.#run('copy object', key, options.signal, () => copyFrom.call(driver, from, key, options))
    }
    if (upload !== undefined) {
      this.upload = (key, options) =>
        this.#run('write object', key, options.signal, async () => {
          const begun = await upload.call(driver, key, options)
          return begun && wrappedUpload(begun, action => this.#explained('write object', key, undefined, action))
        })
    }
    if (locate !== undefined) {
      this.locate = (key, signal) => this.#run('read object', key, signal, () => locate.call(driver, key, signal))
    }
    if (rename !== undefined) {
      this.rename = (from, to, options) =>
        this.#run('rename object', from, options.signal, () => {
          checkKey(to)
          return rename.call(driver, from, to, options)
        })
    }
  }

  head(key: string, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<ObjectInfo | undefined> {
    return this.#run('look up object', key, options.signal, () => this.#driver.head(key, options))
  }

  get(key: string, options: GetOptions = {}): Promise<OpenObject> {
    const operation = 'read object'
    return this.#run(operation, key, options.signal, async () => {
      if (options.range !== undefined) checkRange(options.range)
      const { info, body, md5 } = await this.#driver.get(key, options)
      return {
        info,
        ...(md5 === undefined ? {} : { md5 }),
        body: explained(body, options.signal, error => this.#explain(error, operation, key, options.signal)),
      }
    })
  }

  async put(key: string, body: Bytes | Uint8Array, options: PutOptions = {}): Promise<ObjectInfo> {
    const checked = new CheckedBody(body instanceof Uint8Array ? bytesOf(body) : body, options.signal)
    try {
      return await this.#run('write object', key, options.signal, async () => {
        if (options.ifMatch !== undefined && options.ifNoneMatch !== undefined) {
          throw new LadingError('bad-argument', 'an object cannot be both created and replaced')
        }
        if (options.content !== undefined && checked.size === undefined) {
          throw new LadingError('bad-argument', 'content is stored with its size')
        }
        return await this.#driver.put(key, checked, options)
      })
    } catch (error) {
      throw checked.failure === undefined ? error : checked.failure.error
    }
  }

  list(prefix: string, options: ListOptions = {}): AsyncIterable<ListEntry> {
    return this.#pages('list objects', prefix, options.signal, () => {
      checkPrefix(prefix)
      return endingListing(this.#driver.list(prefix, options), prefix)
    })
  }

  delete(key: string, options: DeleteOptions = {}): Promise<void> {
    return this.#run('delete object', key, options.signal, () => this.#driver.delete(key, options))
  }

  async *deleteMany(
    keys: AsyncIterable<string> | Iterable<string>,
    options: WithSignal = {},
  ): AsyncGenerator<Deletion, void, undefined> {
    const driver = this.#driver
    const checked = checkedKeys(keys)
    const deletions = this.#pages('delete objects', '', options.signal, () =>
      driver.deleteMany === undefined
        ? deleteOneByOne(checked, key => driver.delete(key, options))
        : driver.deleteMany(checked, options),
    )
    for await (const { key, error } of deletions) {
      yield error === undefined ? { key } : { key, error: error.with(this.#place('delete object', key)) }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#driver[Symbol.asyncDispose]()
    await this.#afterClose()
  }

  #run<T>(operation: string, key: string, signal: AbortSignal | undefined, action: () => Promise<T>): Promise<T> {
    return this.#explained(operation, key, signal, () => {
      checkKey(key)
      return action()
    })
  }

  async #explained<T>(
    operation: string,
    key: string,
    signal: AbortSignal | undefined,
    action: () => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted()
    try {
      return await action()
    } catch (error) {
      throw this.#explain(error, operation, key, signal)
    }
  }

  async *#pages<T>(
    operation: string,
    key: string,
    signal: AbortSignal | undefined,
    open: () => AsyncIterable<T>,
  ): AsyncGenerator<T, void, undefined> {
    signal?.throwIfAborted()
    try {
      for await (const entry of open()) {
        yield entry
        signal?.throwIfAborted()
      }
    } catch (error) {
      throw this.#explain(error, operation, key, signal)
    }
  }

  async *#uploads(uploads: AsyncIterable<UnfinishedUpload>): AsyncGenerator<UnfinishedUpload, void, undefined> {
    for await (const { key, started, size, remove } of uploads) {
      yield {
        key,
        started,
        size: signal => this.#explained('look up unfinished upload', key, signal, () => size(signal)),
        ...(remove === undefined
          ? {}
          : { remove: signal => this.#explained('remove unfinished upload', key, signal, () => remove(signal)) }),
      }
    }
  }

  #explain(error: unknown, operation: string, key: string, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason
    return error instanceof LadingError ? error.with(this.#place(operation, key)) : error
  }

  #place(operation: string, key: string): { operation: string; subject: string } {
    return { operation, subject: `${this.name}//${key}` }
  }
}

async function* checkedKeys(keys: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string, void, undefined> {
  for await (const key of keys) {
    checkKey(key)
    yield key
  }
}

function checkRange({ start, end }: ByteRange): void {
  if (isOffset(start) && (end === undefined || (isOffset(end) && end >= start))) return
  throw new LadingError('bad-argument', `${start} to ${end ?? 'the end'} is not a range of bytes`)
}

function isOffset(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

/** Not a generator: `return` of one that was never started would not reach the body, and leave it open. */
function explained(
  body: ByteStream,
  signal: AbortSignal | undefined,
  explain: (error: unknown) => unknown,
): AsyncIterableIterator<Uint8Array> {
  const inner = body[Symbol.asyncIterator]()
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      try {
        signal?.throwIfAborted()
        return await inner.next()
      } catch (error) {
        await inner.return?.()
        throw explain(error)
      }
    },
    async return() {
      await inner.return?.()
      return { done: true, value: undefined }
    },
  }
}
