import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { createHttpClient, type HttpClient } from '../../src/http/index.ts'
import { checkedStore, type ObjectStore } from '../../src/stores/index.ts'
import { openS3Store } from '../../src/stores/s3/open-s3-store.ts'
import { objectStoreSuite } from '../../src/testing/object-store-suite.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { type CephServer, startCeph } from '../services/start-ceph.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { environmentOf, sdkClient } from './s3-place.ts'

describeWithServices(['radosgw'], 'Ceph', () => {
  let ceph: CephServer
  let http: HttpClient
  let cache: string
  beforeAll(async () => {
    ceph = await startCeph()
    http = createHttpClient()
    cache = await mkdtemp(path.join(temporaryFolder(), 'cache-'))
    await sdkClient(ceph).createBucket({ Bucket: 'suite' })
  })
  afterAll(async () => {
    await http[Symbol.asyncDispose]()
    await ceph.stop()
  })

  let opened = 0
  const open = async (): Promise<ObjectStore> => {
    const context = { http: async () => http, cloud: {}, environment: environmentOf(ceph, cache), warn: () => {} }
    return checkedStore(await openS3Store(`suite/t${opened++}`, context))
  }

  objectStoreSuite({ describe, test }, { name: 's3 (Ceph)', open })
})
