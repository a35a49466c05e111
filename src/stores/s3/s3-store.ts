import { LadingError } from '../../errors/index.ts'
import type { DirectRequest } from '../../http/index.ts'
import type { ByteStream, Bytes } from '../../streams/index.ts'
import type {
  CopyFromOptions,
  DeleteOptions,
  Deletion,
  GetOptions,
  ListEntry,
  ListOptions,
  ObjectInfo,
  ObjectOrigin,
  PartUpload,
  PutOptions,
  Retention,
  StoreDriver,
  UnfinishedUpload,
  UploadOptions,
} from '../object-store.ts'
import { type PartBuffer, PartBuffers } from '../parts/part-buffers.ts'
import { partMemoryBytes, partSizeFor, usualPartBytes } from '../parts/part-size.ts'
import { ChunkReader } from './chunk-reader.ts'
import { putUnderCondition } from './conditional-put.ts'
import { type CopyLimits, copyLimits, copyObject } from './copy-object.ts'
import { deleteObjects } from './delete-many.ts'
import { deleteObject } from './delete-object.ts'
import { listObjects } from './list-objects.ts'
import { listUnfinished } from './list-unfinished.ts'
import { openPartUpload } from './part-upload.ts'
import { putLarge } from './put-large.ts'
import { putObject } from './put-object.ts'
import { readAhead } from './read-ahead.ts'
import { getObject, headObject } from './read-object.ts'
import { readRetention } from './retention.ts'
import type { S3Connection } from './s3-connection.ts'
import { maxParts } from './upload-parts.ts'

export interface S3Limits {
  /** Objects up to this are written in one request, larger ones in parts of at least this. */
  readonly partBytes: number
  /** Memory for all that is being written. */
  readonly bufferBytes: number
  readonly copy: CopyLimits
}

export const s3Limits: S3Limits = { partBytes: usualPartBytes, bufferBytes: partMemoryBytes, copy: copyLimits }

interface WithSignal {
  readonly signal?: AbortSignal | undefined
}

export class S3Store implements StoreDriver {
  readonly name: string
  readonly listing = 'by-prefix'
  readonly #connection: S3Connection
  readonly #limits: S3Limits
  readonly #buffers: PartBuffers

  constructor(connection: S3Connection, limits: S3Limits) {
    this.name = connection.settings.name
    this.#connection = connection
    this.#limits = limits
    this.#buffers = new PartBuffers(limits.bufferBytes, limits.partBytes)
  }

  head(key: string, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<ObjectInfo | undefined> {
    return headObject(this.#connection, key, signal)
  }

  get(key: string, options: GetOptions = {}): Promise<{ info: ObjectInfo; body: ByteStream }> {
    return getObject(this.#connection, key, options)
  }

  async locate(key: string): Promise<DirectRequest | undefined> {
    const connection = this.#connection
    return connection.http.direct(
      await connection.sign('s3:GetObject', (s3, options) => s3.getObject(connection.at(key), options)),
    )
  }

  async upload(key: string, options: UploadOptions): Promise<PartUpload | undefined> {
    const { size } = options
    if (size <= this.#limits.partBytes) return undefined
    const partSize = partSizeFor(size, maxParts, this.#limits.partBytes)
    return await openPartUpload(this.#connection, key, { ...options, partSize, objects: this })
  }

  async put(key: string, given: Bytes, options: PutOptions = {}): Promise<ObjectInfo> {
    const body = given.size === undefined ? await readAhead(given, this.#limits.partBytes, options.signal) : given
    const small = await this.#readSmall(body, options.signal)
    if (small === undefined) {
      const partSize = partSizeFor(body.size, maxParts, this.#limits.partBytes)
      return await putLarge(this.#connection, key, body, {
        ...options,
        partSize,
        buffers: this.#buffers,
        objects: this,
      })
    }
    let sent = false
    try {
      const { bytes } = small
      const info =
        options.ifMatch === undefined && options.ifNoneMatch === undefined
          ? await putObject(this.#connection, key, bytes, options)
          : await putUnderCondition(this.#connection, key, bytes, options, options.signal)
      sent = true
      return info
    } finally {
      small.buffer.release(sent)
    }
  }

  /** A body that fits into one request, whole, so that it can be sent again; `undefined` where it does not fit. */
  async #readSmall(
    body: Bytes,
    signal: AbortSignal | undefined,
  ): Promise<{ bytes: Uint8Array<ArrayBuffer>; buffer: PartBuffer } | undefined> {
    if (body.size === undefined || body.size > this.#limits.partBytes) return undefined
    const buffer = await this.#buffers.acquire(body.size, signal)
    try {
      await using reader = new ChunkReader(body.open(0, signal))
      const bytes = buffer.bytes.subarray(0, await reader.fill(buffer.bytes))
      // At the end of a body is the proof that it was the right one.
      if (!(await reader.atEnd())) throw new LadingError('internal', 'a body has more than its size')
      return { bytes, buffer }
    } catch (error) {
      buffer.release()
      throw error
    }
  }

  list(prefix: string, options: ListOptions = {}): AsyncIterable<ListEntry> {
    return listObjects(this.#connection, prefix, options)
  }

  delete(key: string, options: DeleteOptions = {}): Promise<void> {
    return deleteObject(this.#connection, key, options)
  }

  deleteMany(keys: AsyncIterable<string>, { signal }: WithSignal): AsyncIterable<Deletion> {
    return deleteObjects(this.#connection, keys, signal)
  }

  unfinished({ signal }: WithSignal = {}): AsyncIterable<UnfinishedUpload> {
    return listUnfinished(this.#connection, signal)
  }

  retention({ signal }: WithSignal = {}): Promise<Retention> {
    return readRetention(this.#connection, signal)
  }

  origin(key: string): ObjectOrigin {
    const { account, bucket, prefix } = this.#connection.settings
    return { service: 's3', account, bucket, key: prefix + key }
  }

  copyFrom(origin: ObjectOrigin, key: string, options: CopyFromOptions): Promise<ObjectInfo | undefined> {
    return copyObject(this.#connection, origin, key, options, this.#limits.copy)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.close()
  }
}
