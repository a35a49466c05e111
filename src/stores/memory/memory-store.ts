import { createHash } from 'node:crypto'
import { LadingError } from '../../errors/index.ts'
import type { ByteStream, Bytes } from '../../streams/index.ts'
import { checkedStore } from '../checked-store.ts'
import type {
  CopyFromOptions,
  DeleteOptions,
  GetOptions,
  ListEntry,
  ListOptions,
  ObjectInfo,
  ObjectStore,
  PutOptions,
  StoreDriver,
} from '../object-store.ts'
import { withinObject } from '../within-object.ts'
import { SortedKeys } from './sorted-keys.ts'

export interface MemoryStoreOptions {
  readonly name?: string
  readonly now?: () => Date
}

/** A store that lives as long as the process: for tests, and the plainest statement of what a store does. */
export function memoryStore(options: MemoryStoreOptions = {}): ObjectStore {
  return checkedStore(new MemoryStore(options))
}

type Stored = { readonly info: ObjectInfo & { readonly etag: string }; readonly content: Uint8Array }

const chunkBytes = 1024 * 1024

class MemoryStore implements StoreDriver {
  readonly name: string
  readonly listing = 'by-prefix'
  readonly #now: () => Date
  readonly #objects = new Map<string, Stored>()
  readonly #keys = new SortedKeys(key => this.#objects.has(key))

  constructor({ name = 'memory', now = () => new Date() }: MemoryStoreOptions) {
    this.name = name
    this.#now = now
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    return this.#objects.get(key)?.info
  }

  async get(key: string, { range, ifMatch }: GetOptions = {}): Promise<{ info: ObjectInfo; body: ByteStream }> {
    const stored = this.#objects.get(key)
    if (stored === undefined) throw new LadingError('blob-not-found', 'there is no such object')
    if (ifMatch !== undefined && stored.info.etag !== ifMatch) throw changed()
    const { start, end } = withinObject(range, stored.info.size)
    return { info: stored.info, body: chunks(stored.content.subarray(start, end)) }
  }

  async put(
    key: string,
    body: Bytes,
    { ifNoneMatch, ifMatch, content: digest, signal }: PutOptions = {},
  ): Promise<ObjectInfo> {
    const known = digest === undefined ? undefined : this.#objects.get(key)?.info
    if (known !== undefined && known.size === body.size) return known
    const parts: Uint8Array[] = []
    // Copied at once: what a caller does later to its own buffer is no business of the store.
    for await (const chunk of body.open(0, signal)) parts.push(new Uint8Array(chunk))
    const content = new Uint8Array(Buffer.concat(parts))
    const old = this.#objects.get(key)
    if (ifNoneMatch !== undefined && old !== undefined)
      throw new LadingError('precondition-failed', 'it exists already')
    if (ifMatch !== undefined && old?.info.etag !== ifMatch) throw changed()
    const etag = createHash('sha256').update(content).digest('hex')
    const info = { key, size: content.byteLength, etag, modified: this.#now() }
    this.#set({ info, content })
    return info
  }

  async *list(prefix: string, { delimiter, startAfter }: ListOptions = {}): AsyncGenerator<ListEntry, void, undefined> {
    for (const { key, folded } of this.#keys.from(prefix, delimiter, startAfter)) {
      const stored = this.#objects.get(key)
      if (folded !== undefined) yield { kind: 'prefix', prefix: folded }
      else if (stored !== undefined) yield { kind: 'object', info: stored.info }
    }
  }

  async delete(key: string, { ifMatch }: DeleteOptions = {}): Promise<void> {
    const stored = this.#objects.get(key)
    if (stored !== undefined && ifMatch !== undefined && stored.info.etag !== ifMatch) throw changed()
    this.#objects.delete(key)
  }

  async rename(from: string, to: string, { size }: CopyFromOptions): Promise<void> {
    const stored = this.#objects.get(from)
    if (stored === undefined) throw new LadingError('blob-not-found', 'there is no such object')
    if (stored.info.size !== size)
      throw new LadingError('size-mismatch', `it has ${stored.info.size} bytes, not ${size}`)
    this.#objects.delete(from)
    this.#set({ info: { ...stored.info, key: to }, content: stored.content })
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #set(stored: Stored): void {
    const { key } = stored.info
    if (!this.#objects.has(key)) this.#keys.add(key)
    this.#objects.set(key, stored)
  }
}

function changed(): LadingError {
  return new LadingError('precondition-failed', 'it is not the version that was asked for')
}

async function* chunks(content: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < content.byteLength; at += chunkBytes) yield content.subarray(at, at + chunkBytes)
}
