import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createHttpClient } from '../../src/http/index.ts'
import { openStore } from '../../src/stores/index.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { startCeph } from '../services/start-ceph.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { openS3, sdkClient } from '../stores/s3-place.ts'
import { cleanUnderLoad } from './clean-under-load.ts'

test('pushes into a directory lose nothing to the cleans beside them', { timeout: 120_000 }, async () => {
  const root = await mkdtemp(path.join(temporaryFolder(), 'load-'))
  const open = () => openStore({ scheme: 'local', root })
  const report = await cleanUnderLoad({ open, pushers: 4, pushesEach: 10 })
  expect(report.faults).toEqual([])
  expect(report).toMatchObject({ pushes: 40 })
  expect(report.condemned).toBeGreaterThan(0)
})

describeWithServices(['radosgw'], 'Ceph', () => {
  test('pushes into a bucket lose nothing to the cleans beside them', { timeout: 180_000 }, async () => {
    await using ceph = await startCeph()
    await using http = createHttpClient()
    const cache = await mkdtemp(path.join(temporaryFolder(), 'cache-'))
    await sdkClient(ceph).createBucket({ Bucket: 'load' })
    const open = async () => (await openS3(ceph, { root: 'load', http, cache })).store
    const report = await cleanUnderLoad({ open, pushers: 3, pushesEach: 8 })
    expect(report.faults).toEqual([])
    expect(report).toMatchObject({ pushes: 24 })
    expect(report.condemned).toBeGreaterThan(0)
  })
})
