import { type gaxios, OAuth2Client } from 'google-auth-library'
import { servicePath } from './peer.ts'

/** The little of `@google-cloud/storage` that the tests use. It is no dependency: `npm run services` brings it. */
interface GoogleFile {
  readonly name: string
  save(content: Uint8Array | string, options: object): Promise<void>
  download(options?: object): Promise<[Buffer]>
  getMetadata(): Promise<[{ readonly generation: string }]>
  copy(to: GoogleFile): Promise<unknown>
  delete(options?: object): Promise<unknown>
}

interface GoogleBucket {
  file(name: string): GoogleFile
  getFiles(query: object): Promise<[GoogleFile[], object | null, unknown]>
}

interface GoogleModule {
  readonly Storage: new (options: object) => { bucket(name: string): GoogleBucket }
  readonly TransferManager: new (
    bucket: GoogleBucket,
  ) => { uploadFileInChunks(file: string, options: object): Promise<unknown> }
}

/** Google's own client, at a fake of ours. */
export async function openGoogleClient(url: string, token: string) {
  const { Storage, TransferManager }: GoogleModule = await import(servicePath('google-cloud-storage'))
  // By name: the XML API is asked at BUCKET.HOST, which an address cannot be part of.
  const apiEndpoint = url.replace('127.0.0.1', 'localhost')
  const authClient = new PathStyleClient(`${apiEndpoint}/bucket/`)
  authClient.setCredentials({ access_token: token })
  const retryOptions = { autoRetry: false }
  const storage = new Storage({
    apiEndpoint,
    authClient,
    projectId: 'project',
    useAuthWithCustomEndpoint: true,
    retryOptions,
  })
  const bucket = storage.bucket('bucket')
  const manager = new TransferManager(bucket)
  return { bucket, uploadInChunks: (file: string, options: object) => manager.uploadFileInChunks(file, options) }
}

/** Leads what is meant for `https://BUCKET.HOST/`, whatever the endpoint's scheme and port, to the fake. */
class PathStyleClient extends OAuth2Client {
  readonly #base: string

  constructor(base: string) {
    super()
    this.#base = base
  }

  override request<T>(options: gaxios.GaxiosOptions): gaxios.GaxiosPromise<T> {
    return super.request({ ...options, url: String(options.url).replace('https://bucket.localhost/', this.#base) })
  }
}
