import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { createHttpClient, type HttpClient } from '../../src/http/index.ts'
import type { ObjectStore } from '../../src/stores/index.ts'
import { testContract } from '../../src/testing/contract.ts'
import { objectStoreSuite } from '../../src/testing/object-store-suite.ts'
import { type S3Subject, s3Cases } from '../../src/testing/s3-suite.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { type CephServer, startCeph } from '../services/start-ceph.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { openS3, sdkClient } from './s3-place.ts'

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
  const open = async (): Promise<ObjectStore> => (await openS3(ceph, { root: `suite/t${opened++}`, http, cache })).store

  testContract<S3Subject>(
    { describe, test },
    {
      title: 'speaks the S3 that lading relies on',
      cases: s3Cases,
      run: check => check({ s3: sdkClient(ceph), bucket: 'suite', client: other => sdkClient(ceph, other) }),
      waivers: {
        'If-Match takes an entity tag with its quotes': 'Ceph 16 compares it with the bare one, and so refuses always',
        'to complete an upload that is gone is answered with the code that says so':
          'Ceph 16 answers 500, since it cannot lock what is not there',
        'Complete tells the entity tag of the object': 'Ceph 16 answers an empty one',
        'Complete and DeleteObject obey conditions': 'Ceph 16 ignores them there',
      },
    },
  )

  objectStoreSuite({ describe, test }, { name: 's3 (Ceph)', open })
})
