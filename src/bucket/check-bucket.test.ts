import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { checkBucket } from './check-bucket.ts'

/** The image that s3lo pushed lacks this layer. */
const lacking = 'sha256:d8ad8cd72600f46cc068e16c39046ebc76526e41051f43a8c249884b200936c0'

test('of a bucket that s3lo wrote it is told which blob is missing, of which platform and tag', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lading-doctor-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await cp(join(import.meta.dirname, '../../test/fixtures/s3lo-store'), folder, { recursive: true })
  const report = await checkBucket(`local://${folder}//`, { verify: true })
  expect(report.incomplete).toEqual([
    {
      image: 'alpine',
      tag: 'latest',
      digest: 'sha256:25109184c71bdad752c8312a8623239686a9a2071e8825f20acb8f2198c3f659',
      flaws: [{ digest: lacking, kind: 'layer', size: 4_197_091, platform: 'linux/arm64/v8', flaw: 'missing' }],
    },
  ])
  expect(report.checks.filter(({ state }) => state !== 'ok').map(({ name }) => name)).toEqual(['tags'])
})
