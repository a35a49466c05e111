import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { HttpClient } from '../../src/http/index.ts'
import { type CopyEvent, copyImage } from '../../src/index.ts'
import { type ObjectStore, openStore } from '../../src/stores/index.ts'
import { buildImage } from '../../src/testing/build-image.ts'
import { startFakeGcs } from '../../src/testing/fake-gcs.ts'
import { startFakeRegistry } from '../../src/testing/fake-registry.ts'
import { startFakeS3 } from '../../src/testing/fake-s3.ts'
import { openFakeGcsStore } from '../../src/testing/open-fake-gcs-store.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { openS3 } from '../stores/s3-place.ts'
import { client, serve } from './for-one-test.ts'

type Open = (http: HttpClient) => Promise<ObjectStore>

const newFolder = () => mkdtemp(path.join(temporaryFolder(), 'given-up-'))

/** Stores whose server answers 503 for ever. */
const stores: Readonly<Record<string, Open>> = {
  async S3(http) {
    const s3 = await startFakeS3()
    onTestFinished(() => s3.stop())
    s3.bucket('bucket')
    s3.quirks.slowDowns = 1000
    return (await openS3(s3, { root: 'bucket', http, cache: await newFolder() })).store
  },
  async 'Google Cloud Storage'(http) {
    const gcs = await startFakeGcs({ quirks: { fail: { times: 1000, status: 503 } } })
    onTestFinished(() => gcs[Symbol.asyncDispose]())
    return openFakeGcsStore(gcs.url, http)
  },
  async Azure(http) {
    const server = await serve((_, response) => void response.writeHead(503, { 'lading-tried': 'no JSON' }).end())
    const environment = { AZURE_STORAGE_KEY: btoa('a key') }
    const cloud = { endpoint: `${server.origin}/account` }
    const context = { http: async () => http, cloud, environment, warn() {} }
    return openStore({ scheme: 'az', root: 'container' }, context)
  },
}

test.each(
  Object.entries(stores),
)('%s that is given up says how often it was tried, and over how long', async (_, open) => {
  const { http, waits } = client()
  await using store = await open(http)
  for (const asking of [() => store.head('key'), () => store.put('key', new Uint8Array(10))]) {
    await expect(asking()).rejects.toMatchObject({ message: expect.stringMatching(/ \(tried 5 times in 3\.8 s\)$/) })
  }
  expect(waits).toEqual([250, 500, 1000, 2000, 250, 500, 1000, 2000])
})

test('what an Azure answer says of attempts itself is not believed', async () => {
  const server = await serve((_, response) => {
    response
      .writeHead(404, { 'lading-tried': '{"attempts":7,"milliseconds":1}', 'x-ms-error-code': 'BlobNotFound' })
      .end()
  })
  const { http } = client()
  const cloud = { endpoint: `${server.origin}/account` }
  const context = { http: async () => http, cloud, environment: { AZURE_STORAGE_KEY: btoa('a key') }, warn() {} }
  await using store = await openStore({ scheme: 'az', root: 'container' }, context)
  await expect(store.get('key')).rejects.toMatchObject({ message: 'there is no such object' })
})

test('tokens that are refused again and again in the middle of a copy are replaced, in both directions', async () => {
  await using registry = await startFakeRegistry({ auth: 'token', quirks: { tokenExpiresIn: 3600 } })
  // larger than what goes beside `jobs`: one at a time, and no request is under way when the tokens go
  const layers = Array.from({ length: 4 }, (_, at) => new Uint8Array(1_500_000).fill(at))
  const folder = await newFolder()
  await writeLayout(folder, { v1: buildImage({ layers }) })
  const onEvent = (event: CopyEvent) => {
    if (event.type === 'copied' && event.kind === 'layer') registry.revokeTokens()
  }
  const auth = { username: 'test', password: 'secret' }
  const name = `docker://${registry.host}/app:v1`
  const up = await copyImage(`oci:${folder}:v1`, name, { destinationServer: { credential: auth }, jobs: 1, onEvent })
  registry.revokeTokens()
  const down = await copyImage(name, `local://${folder}/b//app:v1`, {
    sourceServer: { credential: auth },
    jobs: 1,
    onEvent,
  })
  expect(down.digest).toBe(up.digest)
  expect(registry.requests.filter(({ path: asked }) => asked.startsWith('/token')).length).toBeGreaterThan(4)
})
