import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, test } from 'vitest'
import { memoryStore } from '../../stores/index.ts'
import { openTestContext } from '../../testing/registry-context.ts'
import { transportSuite } from '../../testing/transport-suite.ts'
import { bucketDestination, openBucketDestination } from './destination.ts'
import { parseBucketReference } from './reference.ts'
import { bucketSource, openBucketSource } from './source.ts'

const directory = await mkdtemp(join(tmpdir(), 'lading-bucket-'))
const { context } = openTestContext()
afterAll(() => rm(directory, { recursive: true }))

transportSuite(
  { describe, test },
  {
    name: 'a bucket in memory',
    async place() {
      const store = memoryStore()
      const image = { name: 'memory://app:v1', image: 'app', tag: 'v1' }
      return {
        source: async () => bucketSource(store, image),
        destination: async () => bucketDestination(store, image),
      }
    },
  },
)

transportSuite(
  { describe, test },
  {
    name: 'a bucket in a directory',
    async place() {
      const reference = parseBucketReference(`local://${await mkdtemp(join(directory, 'bucket-'))}//app:v1`)
      return {
        source: () => openBucketSource(reference, context),
        destination: () => openBucketDestination(reference, context),
      }
    },
  },
)
