import { describe, test } from 'vitest'
import { startFakeGcs } from '../../testing/fake-gcs.ts'
import { openHttpTestClient } from '../../testing/http-test-client.ts'
import { objectStoreSuite } from '../../testing/object-store-suite.ts'
import { checkedStore } from '../checked-store.ts'
import { anonymous } from './credentials.ts'
import { GcsClient } from './gcs-client.ts'
import { GcsStore } from './gcs-store.ts'

objectStoreSuite(
  { describe, test },
  {
    name: 'gs',
    async open() {
      const gcs = await startFakeGcs()
      const client = openHttpTestClient()
      const settings = { bucket: 'bucket', prefix: '', endpoint: gcs.url, emulated: true }
      const driver = new GcsStore(settings, new GcsClient(client.http, anonymous(), 'bucket'), undefined)
      return checkedStore(driver, async () => {
        await client[Symbol.asyncDispose]()
        await gcs[Symbol.asyncDispose]()
      })
    },
  },
)
