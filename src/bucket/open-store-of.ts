import { openSession, type SessionOptions } from '../copy/session.ts'
import type { ObjectStore } from '../stores/index.ts'
import { openBucket } from '../transports/bucket/open-bucket.ts'
import { parseBucketLocator, validateBucketPath } from '../transports/bucket/reference.ts'

/** How a bucket is reached, and how what is done with it is stopped. */
export type BucketOptions = Pick<
  SessionOptions,
  'cloud' | 'tlsVerify' | 'signal' | 'userAgentPrefix' | 'onRequest' | 'temporaryFolder'
>

export interface OpenedStore extends AsyncDisposable {
  readonly store: ObjectStore
  /** What follows the bucket's root: an image name, a part of one, or a glob. */
  readonly path: string
}

/**
 * Opens the bucket of a locator such as `s3://bucket/dev/*`.
 *
 * @throws LadingError `bad-reference`, `bucket-not-found`
 */
export async function openStoreOf(
  locator: string,
  options: BucketOptions,
  warn: (message: string) => void = () => {},
): Promise<OpenedStore> {
  const session = openSession(options, event => {
    if (event.type === 'warning') warn(event.message)
  })
  try {
    const parsed = parseBucketLocator(locator)
    const { store, path } = await openBucket(parsed, { what: 'bucket', create: false }, session.context('source'))
    const close = async () => {
      await store[Symbol.asyncDispose]()
      await session[Symbol.asyncDispose]()
    }
    try {
      validateBucketPath(path)
    } catch (error) {
      await store[Symbol.asyncDispose]()
      throw error
    }
    return { store, path, [Symbol.asyncDispose]: close }
  } catch (error) {
    await session[Symbol.asyncDispose]()
    throw error
  }
}
