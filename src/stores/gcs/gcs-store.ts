import { LadingError } from '../../errors/index.ts'
import type { DirectRequest } from '../../http/index.ts'
import type { ByteStream, Bytes } from '../../streams/index.ts'
import type {
  CopyFromOptions,
  DeleteOptions,
  GetOptions,
  ListEntry,
  ListOptions,
  ObjectInfo,
  ObjectOrigin,
  PutOptions,
  Retention,
  StoreDriver,
  UnfinishedUpload,
} from '../object-store.ts'
import { PartBuffers } from '../parts/part-buffers.ts'
import { partMemoryBytes, partSizeFor, usualPartBytes } from '../parts/part-size.ts'
import { type Part, readParts } from '../parts/read-parts.ts'
import { UploadProgress } from '../parts/upload-progress.ts'
import { BucketAddress } from './bucket-address.ts'
import { copyObject } from './copy-object.ts'
import { deleteObject } from './delete-object.ts'
import type { GcsClient } from './gcs-client.ts'
import { listObjects } from './list-objects.ts'
import { listUnfinished } from './list-unfinished.ts'
import { infoOf } from './object-resource.ts'
import { type LargeBody, putLarge } from './put-large.ts'
import { putSmall } from './put-small.ts'
import { lookUp, readObject } from './read-object.ts'
import { readRetention } from './retention.ts'
import type { GcsSettings } from './settings.ts'

/** Of one object: https://cloud.google.com/storage/quotas#requests */
const maxParts = 10_000

/** How often an upload is begun that others finish or give up meanwhile. */
const uploadAttempts = 5

interface WithSignal {
  readonly signal?: AbortSignal | undefined
}

/** A bucket of Google Cloud Storage, or what is below a prefix of one. */
export class GcsStore implements StoreDriver {
  readonly name: string
  readonly listing = 'by-prefix'
  readonly #address: BucketAddress
  readonly #client: GcsClient
  readonly #account: string
  readonly #buffers: PartBuffers
  readonly #partBytes: number

  constructor(settings: GcsSettings, client: GcsClient, principal: string | undefined, partBytes = usualPartBytes) {
    this.name = `gs://${settings.bucket}${settings.prefix === '' ? '' : `/${settings.prefix.slice(0, -1)}`}`
    this.#address = new BucketAddress(settings)
    this.#client = client
    this.#account = `${principal ?? 'anonymous'} at ${settings.endpoint}`
    this.#partBytes = partBytes
    this.#buffers = new PartBuffers(partMemoryBytes, partBytes)
  }

  async head(key: string, { signal }: WithSignal = {}): Promise<ObjectInfo | undefined> {
    const found = await lookUp(this.#client, this.#address, this.#address.prefix + key, signal)
    return found && infoOf(found, key)
  }

  get(key: string, options: GetOptions = {}): Promise<{ info: ObjectInfo; body: ByteStream }> {
    return readObject(this.#client, this.#address, key, options)
  }

  /** What is stored compressed comes so, and is left to `get`: a length of what is stored says nothing of such an object. */
  locate(key: string, signal?: AbortSignal): Promise<DirectRequest | undefined> {
    const url = this.#address.object(this.#address.prefix + key, { alt: 'media' })
    return this.#client.locate({ url, headers: { 'accept-encoding': 'gzip' }, signal })
  }

  async put(key: string, body: Bytes, options: PutOptions = {}): Promise<ObjectInfo> {
    for (let attempt = 1; attempt <= uploadAttempts; attempt++) {
      const stored = await this.#put(key, body, options)
      if (stored !== undefined) return stored
    }
    throw new LadingError('server-error', `the upload was ended by somebody else ${uploadAttempts} times`)
  }

  async #put(key: string, body: Bytes, options: PutOptions): Promise<ObjectInfo | undefined> {
    const { signal } = options
    const { size } = body
    const partSize = partSizeFor(size, maxParts, this.#partBytes)
    const partsFrom = (before: number) =>
      readParts(body.open(before, signal), { size, partSize, before, buffers: this.#buffers, signal })
    const { content } = options
    if (content !== undefined && size !== undefined && size > partSize && body.resumption?.keepStates !== undefined) {
      const large: LargeBody = {
        size,
        open: partsFrom,
        progress: have => UploadProgress.ofBody(this, { content, size, partSize }, body, have, signal),
        stateAt: number => body.resumption?.stateAt?.(number * partSize),
      }
      return await putLarge(this.#client, this.#address, key, large, options)
    }
    const parts = partsFrom(0)
    try {
      const { value: first } = await parts.next()
      if (first === undefined) throw new LadingError('internal', 'a body has no part')
      try {
        if (first.last) {
          const stored = await putSmall(this.#client, this.#address, key, first, options)
          first.release()
          return stored
        }
        const large = { size, open: () => beginningWith(first, parts) }
        return await putLarge(this.#client, this.#address, key, large, options)
      } finally {
        // Of a put that failed, or could not even begin.
        first.release(false)
      }
    } finally {
      await parts.return()
    }
  }

  list(prefix: string, options: ListOptions = {}): AsyncIterable<ListEntry> {
    return listObjects(this.#client, this.#address, prefix, options)
  }

  delete(key: string, options: DeleteOptions = {}): Promise<void> {
    return deleteObject(this.#client, this.#address, this.#address.prefix + key, options)
  }

  unfinished({ signal }: WithSignal = {}): AsyncIterable<UnfinishedUpload> {
    return listUnfinished(this.#client, this.#address, signal)
  }

  retention({ signal }: WithSignal = {}): Promise<Retention> {
    return readRetention(this.#client, this.#address, signal)
  }

  origin(key: string): ObjectOrigin {
    return { service: 'gs', account: this.#account, bucket: this.#address.bucket, key: this.#address.prefix + key }
  }

  async copyFrom(
    origin: ObjectOrigin,
    key: string,
    { size, signal }: CopyFromOptions,
  ): Promise<ObjectInfo | undefined> {
    if (origin.service !== 'gs' || origin.account !== this.#account) return undefined
    const source = { bucket: origin.bucket, name: origin.key, size }
    const copied = await copyObject(this.#client, this.#address, source, this.#address.prefix + key, { signal })
    return copied && infoOf(copied, key)
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

async function* beginningWith(first: Part, rest: AsyncIterable<Part>): AsyncGenerator<Part, void, undefined> {
  yield first
  yield* rest
}
