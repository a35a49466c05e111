import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { cleanStore } from '../../src/bucket/clean/clean-store.ts'
import { createHttpClient } from '../../src/http/index.ts'
import { parseBucketConfig, systemClock } from '../../src/layout/index.ts'
import { type ObjectStore, openStore } from '../../src/stores/index.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { startCeph } from '../services/start-ceph.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { environmentOf, openS3, sdkClient } from '../stores/s3-place.ts'
import { type ManyOptions, manyProcesses } from './many-processes.ts'

/** Of one machine, whose store may tell whole seconds: then what is garbage goes within the seconds of a test. */
const clockMarginMs = 2000
const short = { processes: 6, seconds: 6, turnSeconds: 1 }

test('processes that copy into a directory lose nothing to the cleans beside them', { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(path.join(temporaryFolder(), 'many-'))
  const root = path.join(folder, 'bucket')
  await expectNothingLost(`local://${root}//`, folder, {}, () => openStore({ scheme: 'local', root }))
})

describeWithServices(['radosgw'], 'Ceph', () => {
  test('processes that copy into a bucket lose nothing to the cleans beside them', { timeout: 180_000 }, async () => {
    await using ceph = await startCeph()
    await using http = createHttpClient()
    const folder = await mkdtemp(path.join(temporaryFolder(), 'many-'))
    await sdkClient(ceph).createBucket({ Bucket: 'many' })
    const open = async () => (await openS3(ceph, { root: 'many', http, cache: folder })).store
    await expectNothingLost('s3://many/', folder, environmentOf(ceph, folder), open)
  })
})

async function expectNothingLost(
  bucket: string,
  folder: string,
  env: ManyOptions['env'],
  open: () => Promise<ObjectStore>,
): Promise<void> {
  const layout = path.join(folder, 'layout')
  const report = await manyProcesses({ bucket, env, layout, ...short, clean: () => cleanOnce(open) })
  expect(report.faults).toEqual([])
  expect(report.tagsChecked).toBeGreaterThan(0)
  expect(report.copies).toBeGreaterThan(short.processes)
  expect(report.blobsDeleted).toBeGreaterThan(0)
}

async function cleanOnce(open: () => Promise<ObjectStore>): Promise<number> {
  await using store = await open()
  const work = { path: '', tags: true, blobs: true, apply: true, graceMs: 0, keepTrashMs: 0, clockMarginMs }
  const config = await parseBucketConfig(new TextEncoder().encode('default: { keep_history: 1 }'), 's3lo.yaml')
  const { blobs } = await cleanStore(store, { ...work, config, clock: systemClock })
  return blobs?.removed.count ?? 0
}
