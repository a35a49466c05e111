import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, onTestFinished, test, vi } from 'vitest'
import { startFakeS3 } from '../testing/fake-s3.ts'
import type { S3Quirks } from '../testing/fake-s3-quirks.ts'
import { checkBucket } from './check-bucket.ts'
import type { CheckName } from './health/doctor-report.ts'

const cache = await mkdtemp(join(tmpdir(), 'lading-doctor-'))
afterAll(() => rm(cache, { recursive: true }))

let buckets = 0
async function check(quirks: Partial<S3Quirks>, bucket = `bucket-${buckets++}`) {
  const s3 = await startFakeS3({ quirks })
  s3.bucket(`bucket-${buckets - 1}`)
  onTestFinished(() => s3.stop())
  vi.stubEnv('AWS_ACCESS_KEY_ID', s3.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', s3.secretAccessKey)
  vi.stubEnv('AWS_REGION', 'us-east-1')
  vi.stubEnv('XDG_CACHE_HOME', cache)
  onTestFinished(() => void vi.unstubAllEnvs())
  const ask = () => checkBucket(`s3://${bucket}/`, { cloud: { endpoint: s3.url } })
  await ask()
  // What is known of the server by then makes no difference.
  const { checks } = await ask()
  return (name: CheckName) => checks.find(one => one.name === name)
}

test('a server that obeys conditions is told from those that do not', async () => {
  expect((await check({}))('conditions')).toMatchObject({ state: 'ok' })
})

test.each(['ignored', 'refused'] as const)('conditions that are %s are a warning', async conditions => {
  expect((await check({ conditions }))('conditions')).toMatchObject({
    state: 'warning',
    message: expect.stringContaining('ignores conditional writes'),
    hint: expect.stringContaining('one writer at a time'),
  })
})

test.each([
  ['s3:PutObject', 'permissions'],
  ['s3:DeleteObject', 'permissions'],
] as const)('without %s it is said of %s', async (denied, name) => {
  expect((await check({ denied: [denied] }))(name)).toMatchObject({ state: 'failed', code: 'denied' })
})

test('uploads that may not be listed are a note', async () => {
  expect((await check({ denied: ['s3:ListBucketMultipartUploads'] }))('uploads')).toMatchObject({
    state: 'note',
    code: 'denied',
  })
})

test('a bucket that is not there is told', async () => {
  expect((await check({}, 'another'))('access')).toMatchObject({ state: 'failed', code: 'bucket-not-found' })
})
