import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { createHttpClient, type HttpClient } from '../../src/http/index.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { type CephServer, startCeph } from '../services/start-ceph.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { openS3, sdkClient } from '../stores/s3-place.ts'
import { tagRaces } from './tag-races.ts'

describeWithServices(['radosgw'], 'in Ceph', () => {
  let ceph: CephServer
  let http: HttpClient
  let cache: string
  beforeAll(async () => {
    ceph = await startCeph()
    http = createHttpClient()
    cache = await mkdtemp(path.join(temporaryFolder(), 'cache-'))
    await sdkClient(ceph).createBucket({ Bucket: 'races' })
  })
  afterAll(async () => {
    await http[Symbol.asyncDispose]()
    await ceph.stop()
  })

  let opened = 0
  tagRaces(async () => (await openS3(ceph, { root: `races/t${opened++}`, http, cache })).store)
})
