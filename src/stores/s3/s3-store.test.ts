import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { openS3 } from '../../../test/stores/s3-place.ts'
import { createHttpClient, type HttpClient } from '../../http/index.ts'
import { type FakeS3, startFakeS3 } from '../../testing/fake-s3.ts'
import { objectStoreSuite } from '../../testing/object-store-suite.ts'
import type { ObjectStore } from '../index.ts'

const cache = await mkdtemp(join(tmpdir(), 'lading-s3-'))
let s3: FakeS3
let http: HttpClient
beforeAll(async () => {
  s3 = await startFakeS3()
  http = createHttpClient()
})
afterAll(async () => {
  await http[Symbol.asyncDispose]()
  await s3.stop()
  await rm(cache, { recursive: true })
})

let opened = 0
async function open(): Promise<ObjectStore> {
  s3.bucket('suite')
  return (await openS3(s3, { root: `suite/t${opened++}`, http, cache })).store
}

objectStoreSuite({ describe, test }, { name: 's3 (fake)', open })
