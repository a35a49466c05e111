import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { copyImage, parsePlatform } from '../../src/index.ts'
import { readHistory, tagKeys } from '../../src/layout/index.ts'
import { digestOf } from '../../src/model/digest.ts'
import type { ObjectStore } from '../../src/stores/index.ts'
import { bytesOf } from '../../src/streams/index.ts'
import { testContract } from '../../src/testing/contract.ts'
import { bytes, contentOf, etagOf, patterned, textOf } from '../../src/testing/object-store/store-contents.ts'
import { objectStoreSuite } from '../../src/testing/object-store-suite.ts'
import { type S3Subject, s3Cases } from '../../src/testing/s3-suite.ts'
import { fixtures, newFolder } from '../e2e/lading.ts'
import { useLanes } from '../lanes/use-lanes.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { startCeph } from '../services/start-ceph.ts'
import { startProxy } from '../services/start-proxy.ts'
import { useCeph } from '../services/use-ceph.ts'
import { environmentOf, openS3, partBytes, sdkClient } from './s3-place.ts'
import { faultsOfRace, startRacers } from './s3-race.ts'
import { killAndResume } from './s3-resume.ts'

const large = patterned(2 * partBytes + 1000)
const platforms = ['amd64', 'arm/v6', 'arm/v7', '386', 'ppc64le', 'riscv64', 's390x'].map(name =>
  parsePlatform(`linux/${name}`),
)

describeWithServices(['radosgw'], 'Ceph', () => {
  const ceph = useCeph('suite')

  let opened = 0
  const open = async (): Promise<ObjectStore> => (await ceph.open(`suite/t${opened++}`)).store

  testContract<S3Subject>(
    { describe, test },
    {
      title: 'speaks the S3 that lading relies on',
      cases: s3Cases,
      run: check =>
        check({ s3: sdkClient(ceph.server), bucket: 'suite', client: other => sdkClient(ceph.server, other) }),
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

  test('processes that create one tag at once: one wins, and the others are told its digest', async () => {
    await using racers = await startRacers(ceph.server, 'suite/race', 4)
    for (const image of ['a', 'b', 'c']) expect(faultsOfRace(await racers.push(image, 'if-absent'))).toEqual([])
    const moved = await racers.push('moved', 'moving')
    expect(moved.filter(({ won }) => !won)).toEqual([])
    const { store } = await ceph.open('suite/race')
    expect(await readHistory(store, tagKeys('moved', 'v1').history)).toHaveLength(4)
  })

  test('a copy that was killed sends no stored part again', async () => {
    const report = await killAndResume(ceph.server, { bucket: 'suite', layerBytes: 35 * 1024 * 1024, hold: true })
    expect(report).toMatchObject({ parts: 5, storedBeforeKill: 3, sentAgain: 0 })
    expect(report.bytes.secondUp).toBeLessThan(20 * 1024 * 1024)
  })

  test('the same large content put by five at once is stored whole', async () => {
    const content = digestOf(large)
    const stores = await Promise.all(Array.from({ length: 5 }, () => ceph.open('suite/five')))
    await Promise.all(stores.map(({ store }) => store.put('blob', bytesOf(large), { content })))
    const { store } = await ceph.open('suite/five')
    expect((await contentOf(store, 'blob')).equals(large)).toBe(true)
  })

  test('answers that are lost are found out', async () => {
    await using proxy = await startProxy(ceph.server.url)
    const { store } = await openS3(
      { ...ceph.server, url: proxy.url },
      { root: 'suite/lost', http: ceph.http, cache: ceph.cache },
    )
    proxy.fault({ method: 'POST', path: /uploadId/, lost: true, times: 1 })
    await store.put('blob', bytesOf(large), { content: digestOf(large) })
    proxy.fault({ method: 'PUT', path: /tag/, lost: true, times: 1 })
    await store.put('tag', bytes('1'), { ifNoneMatch: '*' })
    proxy.fault({ method: 'PUT', path: /tag/, lost: true, times: 1 })
    await store.put('tag', bytes('2'), { ifMatch: await etagOf(store, 'tag') })
    expect(await textOf(store, 'tag')).toBe('2')
  })

  test('a large object is copied by the server in parts', async () => {
    const limits = { copy: { wholeBytes: partBytes, partBytes } }
    const { store } = await ceph.open('suite/copies', { limits })
    await store.put('from', bytesOf(large), { content: digestOf(large) })
    const origin = store.origin?.('from')
    if (origin === undefined) throw new Error('an object of S3 has an origin')
    await store.copyFrom?.(origin, 'to', { size: large.byteLength, content: digestOf(large) })
    expect((await contentOf(store, 'to')).equals(large)).toBe(true)
  })

  test('a class that was not configured is left out', async () => {
    await using plain = await startCeph({ storageClasses: [] })
    await sdkClient(plain).createBucket({ Bucket: 'suite' })
    const { store, warnings } = await openS3(plain, { root: 'suite', http: ceph.http, cache: ceph.cache })
    await store.put('small', bytes('x'), { content: digestOf(bytes('x')) })
    await store.put('large', bytesOf(large), { content: digestOf(large) })
    expect([...warnings]).toEqual([expect.stringContaining('INTELLIGENT_TIERING')])
  })

  test('an image moves from a directory to a bucket, to another place of the service without a byte, and back', async () => {
    useLanes('server-side')
    for (const [name, value] of Object.entries(environmentOf(ceph.server, ceph.cache))) vi.stubEnv(name, value)
    onTestFinished(() => void vi.unstubAllEnvs())
    const folder = await newFolder()
    const fixture = `local://${fixtures}/s3lo-store//alpine:latest`
    const first = await copyImage(fixture, 's3://suite/one//alpine:latest', { platforms })
    const within = await copyImage('s3://suite/one//alpine:latest', 's3://suite/two//alpine:latest')
    expect(within.blobs).toMatchObject({ copied: 0, mounted: first.blobs.copied })
    const back = await copyImage('s3://suite/two//alpine:latest', `local://${folder}/store//alpine:latest`)
    expect([within.digest, back.digest]).toEqual([first.digest, first.digest])
    const again = await copyImage(fixture, 's3://suite/one//alpine:latest', { platforms })
    expect(again.blobs).toMatchObject({ copied: 0, mounted: 0 })
  })
})
