import { openSession } from '../copy/session.ts'
import { LadingError } from '../errors/index.ts'
import type { ObjectStore } from '../stores/index.ts'
import { openBucket } from '../transports/bucket/open-bucket.ts'
import { type BucketReference, parseBucketReference } from '../transports/bucket/reference.ts'
import { type BucketImage, bucketImage } from '../transports/bucket/source.ts'
import type { BucketOptions } from './open-store-of.ts'

/** A tag of an open bucket. */
export interface BucketTag extends BucketImage {
  readonly tag: string
}

export interface OpenedImage extends AsyncDisposable {
  readonly store: ObjectStore
  readonly at: BucketImage
  readonly reference: BucketReference
}

/**
 * Opens the bucket of an image.
 *
 * @throws LadingError `bad-reference`, `bucket-not-found`
 */
export async function openImageOf(
  text: string,
  options: BucketOptions,
  warn: (message: string) => void = () => {},
): Promise<OpenedImage> {
  const reference = parseBucketReference(text)
  const session = openSession(options, event => {
    if (event.type === 'warning') warn(event.message)
  })
  try {
    const { store, path } = await openBucket(
      reference,
      { what: 'image', create: false },
      session.context('destination'),
    )
    return {
      store,
      at: bucketImage(reference, path),
      reference,
      async [Symbol.asyncDispose]() {
        await store[Symbol.asyncDispose]()
        await session[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await session[Symbol.asyncDispose]()
    throw error
  }
}

/** @throws LadingError `bad-reference` where a digest is named, or no tag */
export function requireTag(at: BucketImage, operation: string): BucketTag {
  const { name, tag, digest } = at
  if (tag !== undefined && digest === undefined) return { ...at, tag }
  throw new LadingError('bad-reference', 'a tag is wanted here, and a digest is none', {
    operation,
    subject: name,
    hint: 'write SCHEME://BUCKET/IMAGE:TAG',
  })
}
