import type { CopyListener } from '../copy/events.ts'
import { interruptible } from '../copy/interruptible.ts'
import { openSession, type Session, type SessionOptions } from '../copy/session.ts'
import { LadingError } from '../errors/index.ts'
import { writeGuard } from '../layout/index.ts'
import type { ObjectStore } from '../stores/index.ts'
import { openBucket } from '../transports/bucket/open-bucket.ts'
import { parseBucketLocator, parseBucketReference, validateBucketPath } from '../transports/bucket/reference.ts'
import { repairImages } from './repair/repair-images.ts'
import { repairReference } from './repair/repair-reference.ts'
import type { RepairResult } from './repair/repair-result.ts'
import { openRepairSources } from './repair/repair-sources.ts'

/** How the bucket is reached is said for the destination, how what is missing is for the source. */
export interface RepairOptions extends SessionOptions {
  /**
   * Where what is missing is looked for, in this order: images, whatever their transport, of which single blobs can be read. What ends in `/`
   * (and a bucket without an image) is a prefix: each image is looked for behind it by its name and tag. What a tag stands for there does not
   * matter, since everything is asked for by its digest.
   */
  readonly from: readonly string[]
  /** Read every blob that is there, and replace those whose bytes are wrong. Without it they are believed by their size. */
  readonly verify?: boolean
  /** Blobs that are moved, or read, at once. Default 10. */
  readonly jobs?: number
  readonly onEvent?: CopyListener | undefined
}

/**
 * Fetches what images of a bucket lack, or have damaged, from wherever it still is. No tag moves, and what was whole stays as it is.
 *
 * `target` is an image of a bucket, or a bucket: then every image of it that is incomplete, or of those that its path names.
 *
 * @example
 * const { complete } = await repairBucket('local://./images/', { from: ['oci:examples/hello:v1'] })
 *
 * @throws LadingError `bad-reference`, `bucket-not-found`, `image-not-found`; what no source has is no error, and stands in the result
 */
export async function repairBucket(target: string, options: RepairOptions): Promise<RepairResult> {
  const { jobs = 10, verify = false, signal = new AbortController().signal } = options
  if (!Number.isSafeInteger(jobs) || jobs < 1)
    throw new LadingError('bad-argument', `jobs is ${jobs}; it must be 1 or more`)
  const listen = options.onEvent ?? (() => {})
  return await interruptible(signal, async () => {
    const started = performance.now()
    await using session = openSession(options, listen)
    const { store, ...what } = await openTarget(target, session)
    await using _ = store
    await using sources = await openRepairSources(options.from, session)
    await using guard = writeGuard(store)
    guard.begin()
    const repairing = { store, sources, guard, verify, jobs, listen, signal }
    const done =
      what.reference === undefined
        ? await repairImages(what.path, repairing)
        : await repairReference(what.reference, what.path, repairing)
    await guard.confirm(signal)
    return { bucket: target, ...done, seconds: (performance.now() - started) / 1000 }
  })
}

async function openTarget(target: string, session: Session) {
  const context = session.context('destination')
  const last = target.slice(target.lastIndexOf('/') + 1)
  if (/[:@]/.test(last)) {
    const reference = parseBucketReference(target)
    return { reference, ...(await openBucket(reference, { what: 'image', create: false }, context)) }
  }
  const opened = await openBucket(parseBucketLocator(target), { what: 'bucket', create: false }, context)
  return { reference: undefined, ...(await validated(opened)) }
}

async function validated(opened: { readonly store: ObjectStore; readonly path: string }) {
  try {
    validateBucketPath(opened.path)
    return opened
  } catch (error) {
    await opened.store[Symbol.asyncDispose]()
    throw error
  }
}
