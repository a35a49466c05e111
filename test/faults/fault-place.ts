import type { CloudOptions, StoreLocation } from '../../src/stores/index.ts'
import { openStore } from '../../src/stores/index.ts'
import type { BuiltImage } from '../../src/testing/build-image.ts'
import { startFakeGcs } from '../../src/testing/fake-gcs.ts'
import { startFakeRegistry } from '../../src/testing/fake-registry.ts'
import type { FakeRepository } from '../../src/testing/fake-registry-repository.ts'
import { startFakeS3 } from '../../src/testing/fake-s3.ts'
import { fakeS3Keys } from '../../src/testing/fake-s3-signature.ts'
import { testCredentials } from '../services/credentials.ts'
import type { ServiceName } from '../services/peer.ts'
import { azuriteAccount, startAzurite } from '../services/start-azurite.ts'
import { startCeph } from '../services/start-ceph.ts'
import { startRegistry } from '../services/start-registry.ts'
import { sdkClient } from '../stores/s3-place.ts'
import { type HeldImage, heldInMemory, heldInRegistry, heldInStore } from './held-image.ts'

/** A server that faults befall, as a place of images. */
export interface FaultPlace extends AsyncDisposable {
  /** The origin that a proxy forwards to. */
  readonly url: string
  /** Where the image of a case is, by whichever way the server is reached: `http://127.0.0.1:PORT`. */
  locate(name: string, url: string): { readonly reference: string; readonly cloud?: CloudOptions }
  held(name: string, image: BuiltImage): Promise<HeldImage>
  /** Frees what a case has left. */
  clear(name: string): Promise<void>
  readonly credential?: typeof testCredentials
}

export interface PlaceKind {
  readonly name: string
  readonly services: readonly ServiceName[]
  start(): Promise<FaultPlace>
}

function bucket(
  server: AsyncDisposable,
  url: string,
  at: Pick<StoreLocation, 'scheme' | 'root'>,
  cloud: (url: string) => CloudOptions,
  environment: Readonly<Record<string, string>>,
): FaultPlace {
  // one place at a time: the environment is the process's
  Object.assign(process.env, environment)
  return {
    url,
    locate: (name, url) => ({ reference: `${at.scheme}://${at.root}/${name}//app:v1`, cloud: cloud(url) }),
    async held(name) {
      await using store = await openStore({ ...at, root: `${at.root}/${name}`, ...cloud(url) })
      return await heldInStore(store)
    },
    async clear(name) {
      await using store = await openStore({ ...at, root: `${at.root}/${name}`, ...cloud(url) })
      for await (const entry of store.list('')) {
        if (entry.kind === 'object') await store.delete(entry.info.key)
      }
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

const awsEnvironment = (keys: { readonly accessKeyId: string; readonly secretAccessKey: string }) => ({
  AWS_ACCESS_KEY_ID: keys.accessKeyId,
  AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
  AWS_REGION: 'us-east-1',
})

function forget({ blobs, uploads }: FakeRepository): void {
  blobs.clear()
  uploads.clear()
}

const registryReference = (name: string, url: string) => ({ reference: `${new URL(url).host}/${name}/app:v1` })

/** Every server that is reached over a wire. */
export const placeKinds: readonly PlaceKind[] = [
  {
    name: 'registry in this process',
    services: [],
    async start() {
      const server = await startFakeRegistry()
      return {
        url: server.url,
        locate: registryReference,
        held: async name => heldInMemory(server.repository(`${name}/app`)),
        clear: async name => forget(server.repository(`${name}/app`)),
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      }
    },
  },
  {
    name: 'registry with tokens',
    services: [],
    async start() {
      const server = await startFakeRegistry({ auth: 'token' })
      return {
        url: server.url,
        locate: registryReference,
        held: async name => heldInMemory(server.repository(`${name}/app`)),
        clear: async name => forget(server.repository(`${name}/app`)),
        credential: testCredentials,
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      }
    },
  },
  {
    name: 'docker-registry',
    services: ['docker-registry'],
    async start() {
      const server = await startRegistry()
      return {
        url: server.url,
        locate: registryReference,
        held: (name, image) => heldInRegistry(`${server.url}/v2/${name}/app`, image),
        // It keeps equal blobs of all repositories once.
        clear: async () => {},
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      }
    },
  },
  {
    name: 'S3 in this process',
    services: [],
    async start() {
      const server = await startFakeS3()
      server.bucket('bucket')
      const at = { scheme: 's3', root: 'bucket' }
      return bucket(server, server.url, at, url => ({ endpoint: url }), awsEnvironment(fakeS3Keys))
    },
  },
  {
    name: 'Ceph',
    services: ['radosgw'],
    async start() {
      const server = await startCeph()
      await sdkClient(server).createBucket({ Bucket: 'bucket' })
      const at = { scheme: 's3', root: 'bucket' }
      return bucket(server, server.url, at, url => ({ endpoint: url }), awsEnvironment(server))
    },
  },
  {
    name: 'Google Cloud Storage in this process',
    services: [],
    async start() {
      const server = await startFakeGcs()
      return bucket(server, server.url, { scheme: 'gs', root: 'bucket' }, url => ({ endpoint: url }), {})
    },
  },
  {
    name: 'Azurite',
    services: ['azurite-blob'],
    async start() {
      const server = await startAzurite()
      const at = { scheme: 'az', root: await server.container() }
      const cloud = (url: string) => ({ endpoint: `${url}/${azuriteAccount.account}` })
      return bucket(server, server.origin, at, cloud, { AZURE_STORAGE_KEY: azuriteAccount.key })
    },
  },
]
