import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { imageOf } from '../../test/bucket/push-built.ts'
import { environmentOf, sdkClient } from '../../test/stores/s3-place.ts'
import { type ListEntry, memoryStore, type ObjectStore } from '../stores/index.ts'
import { startFakeS3 } from '../testing/fake-s3.ts'
import { listImages } from './list-images.ts'
import { listTags } from './list-tags.ts'

test('of 100 000 tags one is held at a time', async () => {
  const listed = { given: 0 }
  const entries = async function* (): AsyncGenerator<ListEntry, void, undefined> {
    for (let at = 0; at < 100_000; at++) {
      listed.given++
      const key = `manifests/app${Math.floor(at / 100)}/v${at % 100}/manifest.json`
      yield { kind: 'object', info: { key, size: 1, modified: new Date(0) } }
    }
  }
  const store: ObjectStore = Object.assign(memoryStore(), { list: entries })
  let taken = 0
  let ahead = 0
  for await (const _ of listTags(store, '')) ahead = Math.max(ahead, listed.given - ++taken)
  expect([taken, ahead]).toEqual([100_000, 0])
})

test('a listing asks for a page when it has come to its end', async () => {
  await using s3 = await startFakeS3()
  const cache = await mkdtemp(path.join(tmpdir(), 'lading-pages-'))
  onTestFinished(() => rm(cache, { recursive: true }))
  for (const [name, value] of Object.entries(environmentOf(s3, cache))) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
  const client = sdkClient(s3)
  await client.createBucket({ Bucket: 'b' })
  const { root, blobs } = imageOf('listed')
  const Body = blobs.get(root.digest) ?? new Uint8Array()
  const tags = Array.from({ length: 2_100 }, (_, at) => `v${String(at).padStart(4, '0')}`)
  for (let at = 0; at < tags.length; at += 100) {
    const put = (tag: string) => client.putObject({ Bucket: 'b', Key: `manifests/app/${tag}/manifest.json`, Body })
    await Promise.all(tags.slice(at, at + 100).map(put))
  }
  const pages = () => s3.requests.filter(({ path: at }) => at.includes('list-type=2')).length
  s3.requests.length = 0
  for await (const { tag } of listImages('s3://b/')) if (tag === 'v0010') break
  expect(pages()).toBe(1)
  const all = await Array.fromAsync(listImages('s3://b/app', { details: true }))
  expect(all.map(({ tag }) => tag)).toEqual(tags)
  expect(all.every(({ digest }) => digest === root.digest)).toBe(true)
  expect(pages()).toBe(1 + 3)
})
