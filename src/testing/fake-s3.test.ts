import { describe, test } from 'vitest'
import { sdkClient } from '../../test/stores/s3-place.ts'
import { testContract } from './contract.ts'
import { startFakeS3 } from './fake-s3.ts'
import { type S3Subject, s3Cases } from './s3-suite.ts'

testContract<S3Subject>(
  { describe, test },
  {
    title: 'the fake speaks the S3 that lading relies on',
    cases: s3Cases,
    async run(check) {
      await using s3 = await startFakeS3()
      s3.bucket('bucket')
      await check({ s3: sdkClient(s3), bucket: 'bucket', client: other => sdkClient(s3, other) })
    },
  },
)
