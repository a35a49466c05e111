import { mkdtempSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/services/temporary-folder.ts'
import { openS3, partBytes } from '../../../test/stores/s3-place.ts'
import { LadingError } from '../../errors/index.ts'
import { digestOf } from '../../model/digest.ts'
import { type Bytes, bytesOf } from '../../streams/index.ts'
import { type FakeS3, startFakeS3 } from '../../testing/fake-s3.ts'
import { type HttpTestClient, openHttpTestClient } from '../../testing/http-test-client.ts'
import { patterned } from '../../testing/object-store/store-contents.ts'
import type { ObjectStore } from '../index.ts'

const large = patterned(32 * 1024 * 1024 + 1)
const content = digestOf(large)
const key = `blobs/${content.replace(':', '/')}`
const cache = mkdtempSync(path.join(temporaryFolder(), 's3-'))
const offline = new LadingError('network', 'the source is gone')

let s3: FakeS3
let client: HttpTestClient
beforeEach(async () => {
  s3 = await startFakeS3()
  s3.bucket('b')
  client = openHttpTestClient()
})
afterEach(async () => {
  await client[Symbol.asyncDispose]()
  await s3.stop()
})

const open = async (): Promise<ObjectStore> => (await openS3(s3, { root: 'b', http: client.http, cache })).store
const keys = () => [...s3.bucket('b').objects.keys()]

/** One from the network, whose reading another process goes on with. `between` happens when so many bytes have been read. */
function dear(bytes: number, between: () => Promise<void>, keeps = true): Bytes {
  return {
    size: large.byteLength,
    async *open(from = 0) {
      if (from < bytes) yield large.subarray(from, bytes)
      await between()
      yield large.subarray(Math.max(from, bytes))
    },
    resumption: {
      recall: async () => {},
      keepStates: async (_, saved) => (keeps ? Number(saved ?? 0) : 0),
      stateAt: offset => (keeps ? String(offset) : undefined),
    },
  }
}

const breaksOff = () => Promise.reject(offline)

describe('of the record of an upload nothing is left', () => {
  test('where another process completes the upload', async () => {
    const [store, other] = [await open(), await open()]
    await store.put(
      key,
      dear(3 * partBytes, async () => void (await other.put(key, bytesOf(large), { content }))),
      { content },
    )
    expect(keys()).toEqual([key])
  })

  test('where the next process reads faster than is worth a record', async () => {
    await expect((await open()).put(key, dear(3 * partBytes, breaksOff), { content })).rejects.toBe(offline)
    expect(keys()).toEqual([`lading/uploads/${content.replace(':', '-')}`])
    await (await open()).put(
      key,
      dear(0, async () => {}, false),
      { content },
    )
    expect(keys()).toEqual([key])
  })

  test('where the next process reads what is on its own machine', async () => {
    await expect((await open()).put(key, dear(3 * partBytes, breaksOff), { content })).rejects.toBe(offline)
    await (await open()).put(key, bytesOf(large), { content })
    expect(keys()).toEqual([key])
  })

  test('where the next one goes on with it', async () => {
    await expect((await open()).put(key, dear(3 * partBytes, breaksOff), { content })).rejects.toBe(offline)
    await (await open()).put(
      key,
      dear(3 * partBytes, async () => {}),
      { content },
    )
    expect(keys()).toEqual([key])
  })
})
