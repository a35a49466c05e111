import type { BlockBlobClient, ContainerClient } from '@azure/storage-blob'
import type { DirectRequest, HttpClient } from '../../http/index.ts'
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
import { partMemoryBytes, usualPartBytes } from '../parts/part-size.ts'
import type { StoreContext } from '../store-context.ts'
import { abortable } from './abortable.ts'
import { azureError } from './azure-error.ts'
import { blobInfo } from './blob-info.ts'
import { copyBlob } from './copy-blob.ts'
import { deleteBlob } from './delete-blob.ts'
import { listBlobs } from './list-blobs.ts'
import { listUnfinished } from './list-unfinished.ts'
import { locateBlob } from './locate-blob.ts'
import { type OpenAccount, openAccount } from './open-account.ts'
import { readBlob } from './read-blob.ts'
import { isAbsent } from './refusal.ts'
import { readRetention } from './retention.ts'
import { type AzureSettings, azureSettings } from './settings.ts'
import { writeBlob } from './write-blob.ts'

/** @throws LadingError `bad-argument`, `unauthorized`, or `unsupported` where the Azure packages are not installed */
export async function openAzureStore(root: string, context: StoreContext): Promise<StoreDriver> {
  const settings = azureSettings(root, context)
  return new AzureStore(`az://${root}`, settings, await openAccount(settings, context), context.http)
}

interface WithSignal {
  readonly signal?: AbortSignal | undefined
}

class AzureStore implements StoreDriver {
  readonly name: string
  readonly listing = 'by-prefix'
  readonly #settings: AzureSettings
  readonly #account: OpenAccount
  readonly #container: ContainerClient
  readonly #http: () => Promise<HttpClient>
  readonly #buffers = new PartBuffers(partMemoryBytes, usualPartBytes)

  constructor(name: string, settings: AzureSettings, account: OpenAccount, http: () => Promise<HttpClient>) {
    this.name = name
    this.#settings = settings
    this.#account = account
    this.#container = account.service.getContainerClient(settings.container)
    this.#http = http
  }

  head(key: string, { signal }: WithSignal = {}): Promise<ObjectInfo | undefined> {
    return this.#ask(async () => {
      try {
        const properties = await this.#blob(key).getProperties(abortable(signal))
        // A copy that is under way shows its whole size before it has it.
        if (properties.copyStatus === 'pending') return undefined
        return blobInfo(key, properties.contentLength ?? 0, properties)
      } catch (error) {
        if (isAbsent(error)) return undefined
        throw error
      }
    })
  }

  get(key: string, options: GetOptions = {}): Promise<{ info: ObjectInfo; body: ByteStream }> {
    return this.#ask(() => readBlob(this.#blob(key), key, options))
  }

  /** By a signature in the URL. An identity cannot make one by itself: its objects come by `get`. */
  async locate(key: string): Promise<DirectRequest | undefined> {
    const url = await locateBlob(this.#blob(key), this.#settings.credential)
    return url === undefined ? undefined : (await this.#http()).direct({ url })
  }

  put(key: string, body: Bytes, options: PutOptions = {}): Promise<ObjectInfo> {
    return this.#ask(async () => {
      const target = { blob: this.#blob(key), key, buffers: this.#buffers, objects: this, http: await this.#http() }
      return await writeBlob(target, body, options)
    })
  }

  list(prefix: string, options: ListOptions = {}): AsyncIterable<ListEntry> {
    return this.#pages(() => listBlobs(this.#container, this.#settings.prefix, prefix, options))
  }

  delete(key: string, options: DeleteOptions = {}): Promise<void> {
    return this.#ask(() => deleteBlob(this.#blob(key), options))
  }

  unfinished({ signal }: WithSignal = {}): AsyncIterable<UnfinishedUpload> {
    return this.#pages(() =>
      listUnfinished(this.#container, this.#settings.prefix, action => this.#ask(action), signal),
    )
  }

  retention({ signal }: WithSignal = {}): Promise<Retention> {
    return this.#ask(() => readRetention(this.#account.service, this.#container, signal))
  }

  origin(key: string): ObjectOrigin {
    const { endpoint, container, prefix } = this.#settings
    return { service: 'az', account: endpoint, bucket: container, key: prefix + key }
  }

  async copyFrom(origin: ObjectOrigin, key: string, options: CopyFromOptions): Promise<ObjectInfo | undefined> {
    if (origin.service !== 'az' || origin.account !== this.#settings.endpoint) return undefined
    return await this.#ask(async () => {
      const source = this.#account.service.getContainerClient(origin.bucket).getBlobClient(origin.key)
      return await copyBlob(source, this.#blob(key), key, await this.#http(), options)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#account[Symbol.dispose]()
  }

  #blob(key: string): BlockBlobClient {
    return this.#container.getBlockBlobClient(this.#settings.prefix + key)
  }

  async #ask<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action()
    } catch (error) {
      throw azureError(error, this.#settings)
    }
  }

  async *#pages<T>(open: () => AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
    try {
      yield* open()
    } catch (error) {
      throw azureError(error, this.#settings)
    }
  }
}
