import path from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { copyImage } from '../../src/index.ts'
import { buildIndex } from '../../src/testing/build-image.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { startProxy, type TestProxy } from '../services/start-proxy.ts'
import { useCeph } from '../services/use-ceph.ts'
import { environmentOf } from '../stores/s3-place.ts'
import { newFolder } from './lading.ts'

/** Three platforms with a config and fifteen layers each, all different. */
const image = buildIndex(
  Object.fromEntries(
    ['linux/amd64', 'linux/arm64', 'linux/s390x'].map((name, platform) => [
      name,
      { layers: Array.from({ length: 15 }, (_, at) => new Uint8Array(500).fill(100 + platform * 15 + at)) },
    ]),
  ),
)

describeWithServices(['radosgw'], 'requests of a copy into a bucket, each of which is needed:', () => {
  const ceph = useCeph('requests')
  const stack = new AsyncDisposableStack()
  let folder: string
  let proxy: TestProxy

  beforeAll(async () => {
    folder = await newFolder()
    await writeLayout(path.join(folder, 'layout'), { v1: image })
    proxy = stack.use(await startProxy(ceph.server.url))
    const environment = environmentOf({ ...ceph.server, url: proxy.url }, ceph.cache)
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
    // What is found out of a server once is not counted.
    await asked('s3://requests/known//app:v1')
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await stack.disposeAsync()
  })

  /** What is asked of the bucket by a copy, without digests. */
  async function asked(target: string): Promise<Record<string, number>> {
    proxy.requests.length = 0
    await copyImage(`oci:${folder}/layout:v1`, target)
    const counts: Record<string, number> = {}
    for (const { method, path: to, status } of proxy.requests) {
      const listed = /prefix=[^&]*?(trash|blobs)/.exec(to)?.[1]
      const named = /leases|s3lo\.yaml|blobs|oci-layout|history|manifest\.json/.exec(to)?.[0]
      const key = `${method} ${listed === undefined ? named : `list of ${listed}`} ${status}`
      counts[key] = (counts[key] ?? 0) + 1
    }
    return counts
  }

  const always = { 'PUT leases 200': 1, 'GET list of trash 200': 1, 'GET s3lo.yaml 404': 2, 'DELETE leases 204': 1 }
  const newTag = {
    'GET manifest.json 404': 2,
    'GET history 404': 1,
    'PUT history 200': 1,
    'PUT oci-layout 200': 1,
    'PUT manifest.json 200': 1,
    'GET history 200': 1,
  }

  test('the first one asks for eight blobs and no other', async () => {
    expect(await asked('s3://requests/counted//app:v1')).toEqual({
      ...always,
      ...newTag,
      'GET blobs 404': 5, // the index, its manifests, and the index again before it is written
      'HEAD blobs 404': 8,
      'PUT blobs 200': 52,
    })
  })

  test('again asks for sixteen, and for a list of them', async () => {
    expect(await asked('s3://requests/counted//app:v1')).toEqual({
      ...always,
      'GET manifest.json 200': 2,
      'GET blobs 200': 5,
      'HEAD blobs 200': 16,
      'GET list of blobs 200': 1,
    })
  })

  test('to another image the same, and writes the tag', async () => {
    expect(await asked('s3://requests/counted//other:v1')).toEqual({
      ...always,
      ...newTag,
      'GET blobs 200': 5,
      'HEAD blobs 200': 16,
      'GET list of blobs 200': 1,
    })
  })
})
