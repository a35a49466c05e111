import { describe, test } from 'vitest'
import { testContract } from '../../src/testing/contract.ts'
import { startFakeS3 } from '../../src/testing/fake-s3.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { useCeph } from '../services/use-ceph.ts'
import { registryToS3Cases } from './registry-to-s3.ts'

testContract(
  { describe, test },
  {
    title: 'from a registry to S3, in this process',
    cases: registryToS3Cases,
    async run(check) {
      await using s3 = await startFakeS3()
      await check(s3)
    },
  },
)

describeWithServices(['radosgw'], 'Ceph', () => {
  const ceph = useCeph('suite')
  testContract(
    { describe, test },
    { title: 'from a registry to S3', cases: registryToS3Cases, run: check => check(ceph.server) },
  )
})
