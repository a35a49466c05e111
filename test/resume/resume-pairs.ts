import { randomFillSync } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { copyImage } from '../../src/index.ts'
import { createDigester, type Digest, digestParts } from '../../src/model/digest.ts'
import { buildImage } from '../../src/testing/build-image.ts'
import { startFakeGcs } from '../../src/testing/fake-gcs.ts'
import { startFakeRegistry } from '../../src/testing/fake-registry.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { newFolder } from '../e2e/lading.ts'
import { azuriteAccount, startAzurite } from '../services/start-azurite.ts'
import { startCeph } from '../services/start-ceph.ts'
import { startProxy, type TestProxy } from '../services/start-proxy.ts'
import { startRegistry } from '../services/start-registry.ts'
import { environmentOf, sdkClient } from '../stores/s3-place.ts'
import type { KilledCopy } from './kill-copy.ts'

const mebibyte = 1024 * 1024

/** Where a copy comes from or goes to: how it is named, and what is between. */
interface Place {
  readonly name: string
  readonly reference: string
  readonly env: Readonly<Record<string, string>>
  readonly proxy?: TestProxy
}

/** A copy from one kind of place to another, for a test that kills it. */
export type ResumePair = Pick<KilledCopy, 'from' | 'to' | 'env' | 'size' | 'down' | 'up'> & {
  readonly name: string
}

type Open = (folder: string, stack: AsyncDisposableStack) => Promise<Place>

const destinations = {
  directory: async folder => ({ name: 'a directory', reference: `local://${folder}/bucket//app:v1`, env: {} }),
  layout: async folder => ({ name: 'oci:', reference: `oci:${folder}/out:v1`, env: {} }),
  async s3(folder, stack) {
    const ceph = stack.use(await startCeph({ keep: 'disk' }))
    await sdkClient(ceph).createBucket({ Bucket: 'resume' })
    const proxy = stack.use(await startProxy(ceph.url))
    const env = environmentOf({ ...ceph, url: proxy.url }, folder) as Record<string, string>
    return { name: 's3', reference: 's3://resume/app:v1', env, proxy }
  },
  async azure(_, stack) {
    const azurite = stack.use(await startAzurite())
    const proxy = stack.use(await startProxy(azurite.origin))
    const container = await azurite.container()
    const env = {
      AZURE_STORAGE_KEY: azuriteAccount.key,
      AZURE_STORAGE_CONNECTION_STRING: [
        'DefaultEndpointsProtocol=http',
        `AccountName=${azuriteAccount.account}`,
        `AccountKey=${azuriteAccount.key}`,
        `BlobEndpoint=${proxy.url}/${azuriteAccount.account}`,
      ].join(';'),
    }
    return { name: 'az', reference: `az://${container}/app:v1`, env, proxy }
  },
  async gcs(_, stack) {
    const fake = stack.use(await startFakeGcs())
    const proxy = stack.use(await startProxy(fake.url))
    return { name: 'gs (fake)', reference: 'gs://bucket/app:v1', env: { STORAGE_EMULATOR_HOST: proxy.url }, proxy }
  },
  async registry(_, stack) {
    const fake = stack.use(await startFakeRegistry({ quirks: { keepsBrokenChunks: true } }))
    const proxy = stack.use(await startProxy(`http://${fake.host}`))
    return { name: 'a registry (fake)', reference: `${proxy.host}/app:v1`, env: {}, proxy }
  },
} satisfies Record<string, Open>

/** `layout`: on this machine. `registry`: docker-registry. */
export type SourceKind = 'layout' | 'registry'
export type DestinationKind = keyof typeof destinations

export interface PairOptions {
  readonly from: SourceKind
  readonly to: DestinationKind
  readonly bytes: number
  /** Of each connection to the source. */
  readonly bytesPerSecond: number
}

/** Makes both places, and an image with one large layer in the first. */
export async function openPair(
  { from, to, bytes, bytesPerSecond }: PairOptions,
  stack: AsyncDisposableStack,
): Promise<ResumePair> {
  const folder = await newFolder()
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const layout = `oci:${folder}/layout:v1`
  const hex = await layoutOf(path.join(folder, 'layout'), bytes)
  const destination: Place = await destinations[to](folder, stack)
  const { reference, proxy: up } = destination
  const env = { ...destination.env, XDG_CACHE_HOME: path.join(folder, 'cache') }
  if (from === 'layout')
    return { name: `oci: → ${destination.name}`, from: layout, to: reference, env, size: bytes, up }
  const registry = stack.use(await startRegistry())
  await copyImage(layout, `${registry.host}/app:v1`)
  const down = stack.use(await startProxy(registry.url))
  down.fault({ method: 'GET', path: new RegExp(hex), bytesPerSecond })
  const name = `a registry → ${destination.name}`
  return { name, from: `${down.host}/app:v1`, to: reference, env, size: bytes, down, up }
}

/** An OCI layout with one layer that nothing can compress. Returns the layer's digest, in hex. */
async function layoutOf(folder: string, bytes: number): Promise<string> {
  const chunk = Buffer.alloc(mebibyte)
  const layer = path.join(await newFolder(), 'layer')
  const digester = createDigester()
  {
    await using file = await open(layer, 'w')
    for (let at = 0; at < bytes; at += chunk.byteLength) {
      const piece = randomFillSync(chunk).subarray(0, bytes - at)
      digester.update(piece)
      await file.write(piece)
    }
  }
  const digest: Digest = digester.digest()
  const layers = [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size: bytes }]
  await writeLayout(folder, { v1: buildImage({ manifest: { layers } }) })
  const { hex } = digestParts(digest)
  await rename(layer, path.join(folder, 'blobs/sha256', hex))
  return hex
}
