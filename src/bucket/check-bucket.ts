import type { CopyListener } from '../copy/events.ts'
import { interruptible } from '../copy/interruptible.ts'
import { isLadingError, LadingError } from '../errors/index.ts'
import type { ObjectStore } from '../stores/index.ts'
import type { DoctorReport } from './health/doctor-report.ts'
import { examineBucket } from './health/examine-bucket.ts'
import { type BucketOptions, openStoreOf } from './open-store-of.ts'

export interface CheckBucketOptions extends BucketOptions {
  /** Read every blob, and check its digest. */
  readonly verify?: boolean
  /** Write nothing: then what may be written, and under which conditions, is not tried. */
  readonly readOnly?: boolean
  /** With `verify`: blobs that are read at once. Default 10. */
  readonly jobs?: number
  readonly onEvent?: CopyListener | undefined
}

/**
 * Examines a bucket: whether it can be reached, read and written, and whether every image in it is all there. What is wrong stands in the
 * report; a bucket that cannot be reached is a report with a check that failed.
 *
 * What follows the bucket's root is a glob over image names, or a name: then those images are looked at, and what needs all of them is not.
 *
 * @example
 * const { healthy } = await checkBucket('local://./images/')
 *
 * @throws LadingError `bad-reference`, `bad-argument`, `interrupted`
 */
export async function checkBucket(locator: string, options: CheckBucketOptions = {}): Promise<DoctorReport> {
  const { jobs = 10, signal = new AbortController().signal } = options
  if (!Number.isSafeInteger(jobs) || jobs < 1)
    throw new LadingError('bad-argument', `jobs is ${jobs}; it must be 1 or more`)
  const listen = options.onEvent ?? (() => {})
  return await interruptible(signal, async () => {
    const warnings: string[] = []
    const warn = (message: string) => {
      warnings.push(message)
      listen({ type: 'warning', message })
    }
    let opened: { readonly store: ObjectStore; readonly path: string } & AsyncDisposable
    try {
      opened = await openStoreOf(locator, options, warn)
    } catch (error) {
      if (!isLadingError(error) || isLadingError(error, 'bad-reference', 'bad-argument', 'unsupported')) throw error
      return unreachable(locator, error)
    }
    await using bucket = opened
    const { verify = false, readOnly = false } = options
    const examined = { verify, readOnly, jobs, listen, signal, warnings: () => warnings }
    return { bucket: locator, ...(await examineBucket(bucket.store, bucket.path, examined)) }
  })
}

function unreachable(bucket: string, { code, message, hint }: LadingError): DoctorReport {
  const finding = { state: 'failed', code, message, ...(hint === undefined ? {} : { hint }) } as const
  return { bucket, healthy: false, checks: [{ name: 'access', ...finding }], incomplete: [], damaged: [] }
}
