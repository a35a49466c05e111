import { mkdtempSync } from 'node:fs'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { verifiedBytes } from '../../src/copy/verified-bytes.ts'
import { LadingError } from '../../src/errors/index.ts'
import type { DigestAlgorithm } from '../../src/model/digest.ts'
import { digestOf } from '../../src/model/digest.ts'
import type { Bytes } from '../../src/streams/index.ts'
import { startFakeS3 } from '../../src/testing/fake-s3.ts'
import { openHttpTestClient } from '../../src/testing/http-test-client.ts'
import { patterned } from '../../src/testing/object-store/store-contents.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { openS3, partBytes } from './s3-place.ts'

const mib = 1024 * 1024
const whole = patterned(36 * mib)

interface Source {
  readonly size: number
  readonly algorithm: DigestAlgorithm
  /** Where it breaks off for good. */
  readonly end: number
  /** Of a byte that is wrong. */
  readonly wrong?: number
}

/** A blob of a registry. Tells from where it was read. */
function sourceOf({ size, algorithm, end, wrong }: Source): { bytes: Bytes; starts: number[] } {
  const starts: number[] = []
  const content = Buffer.from(whole.subarray(0, size))
  const digest = digestOf(content, algorithm)
  if (wrong !== undefined) content[wrong] = (content[wrong] ?? 0) ^ 1
  const replay = {
    blame: {},
    async *open(from: number) {
      starts.push(from)
      for (let at = from; at < end; at += mib) yield content.subarray(at, Math.min(end, at + mib))
      if (end < size) throw new LadingError('network', 'planted')
    },
    retry: (error: LadingError) => Promise.reject(error),
    passed: () => {},
  }
  return { bytes: verifiedBytes({ digest, size }, replay, true), starts }
}

async function openBucket() {
  const s3 = await startFakeS3()
  onTestFinished(() => s3.stop())
  const client = openHttpTestClient()
  onTestFinished(() => client[Symbol.asyncDispose]())
  const cache = mkdtempSync(path.join(temporaryFolder(), 'cache-'))
  const bucket = s3.bucket('b')
  /** As a process of its own does. Returns from where the source was read, and why it failed. */
  const put = async (source: Source) => {
    const content = digestOf(whole.subarray(0, source.size), source.algorithm)
    const { store } = await openS3(s3, { root: 'b', http: client.http, cache })
    const { bytes, starts } = sourceOf(source)
    const code = await store.put(`blobs/${content.replace(':', '/')}`, bytes, { content }).then(
      () => undefined,
      (error: LadingError) => error.code,
    )
    return { starts, code }
  }
  return { bucket, put }
}

const sizes = [32 * mib, 32 * mib + 1, 7 * partBytes, 7 * partBytes - 1]
const cases = [
  ...sizes.map(size => ({ size, algorithm: 'sha256', ends: [12, 31] }) as const),
  { size: 7 * partBytes, algorithm: 'sha512', ends: [5, 5, 6, 26] } as const,
]

test.each(cases)('$size bytes of $algorithm that break off at $ends MiB are gone on with, and nothing is left', async ({
  size,
  algorithm,
  ends,
}) => {
  const { bucket, put } = await openBucket()
  let stored = 0
  for (const end of ends) {
    const { starts, code } = await put({ size, algorithm, end: end * mib })
    expect([starts, code]).toEqual([[stored], 'network'])
    // the last chunk of what came is held back until the next one proves right
    stored = Math.floor(((end - 1) * mib) / partBytes) * partBytes
    expect([...bucket.uploads.values()].map(({ parts }) => parts.size)).toEqual([stored / partBytes])
  }
  expect(await put({ size, algorithm, end: size })).toEqual({ starts: [stored], code: undefined })
  const [[, object] = [], ...others] = bucket.objects
  expect([others, bucket.uploads.size]).toEqual([[], 0])
  expect(object?.content.equals(whole.subarray(0, size))).toBe(true)
})

test.each([
  ['before it', 7],
  ['after it', 25 * mib],
])('a byte that is wrong %s is never committed, and not gone on with a second time', async (_, wrong) => {
  const { bucket, put } = await openBucket()
  const source = { size: 33 * mib, algorithm: 'sha256', end: 33 * mib } as const
  await put({ ...source, end: 22 * mib, ...(wrong < 20 * mib ? { wrong } : {}) })
  expect(await put({ ...source, ...(wrong < 20 * mib ? {} : { wrong }) })).toEqual({
    starts: [20 * mib],
    code: 'digest-mismatch',
  })
  expect([bucket.objects.size, bucket.uploads.size]).toEqual([0, 0])
  expect(await put(source)).toEqual({ starts: [0], code: undefined })
})
