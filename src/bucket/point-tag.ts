import { copyOpened } from '../copy/copy-opened.ts'
import type { CopyListener } from '../copy/events.ts'
import { destinationSide, sourceSide } from '../copy/sides.ts'
import { isLadingError, LadingError } from '../errors/index.ts'
import type { Digest } from '../model/digest.ts'
import { lendStore, type ObjectStore } from '../stores/index.ts'
import { bucketDestination } from '../transports/bucket/destination.ts'
import { type BucketImage, bucketSource } from '../transports/bucket/source.ts'
import type { Expectation } from '../transports/index.ts'
import type { BucketTag } from './open-image-of.ts'

export interface PointOptions {
  readonly force?: boolean | undefined
  readonly expect?: Expectation | undefined
  readonly onEvent?: CopyListener | undefined
  readonly signal?: AbortSignal | undefined
  /** Done once everything of the image was found, just before the tag is written. */
  readonly beforeCommit?: () => Promise<void>
}

/** Where a tag points now. */
export interface PointedTag {
  readonly digest: Digest
  /** What the tag held before. */
  readonly previous?: Digest
  /** `false`: it held this digest already. */
  readonly changed: boolean
}

/** Questions are all that the copy asks; small manifests are all that it may have to write. */
const jobs = 10

/**
 * Makes a tag hold an image that is in the same bucket, by the ordinary copy: everything of it is looked for first, and stays there
 * until the tag is written, whatever is cleaned meanwhile.
 *
 * @throws LadingError `image-not-found` and `blob-not-found` where something of it is gone: the tag is then as it was; `tag-exists`,
 * `precondition-failed`
 */
export async function pointTag(
  store: ObjectStore,
  from: BucketImage,
  to: BucketTag,
  { force, expect, onEvent = () => {}, signal, beforeCommit = async () => {} }: PointOptions,
): Promise<PointedTag> {
  // What is not there cannot be copied from there: without origins, the source says what it lacks.
  const { origin: _, ...source } = sourceSide(bucketSource(lendStore(store), from))
  await using destination = destinationSide(bucketDestination(lendStore(store), to))
  const commit: typeof destination.commit = async (...words) => {
    await beforeCommit()
    return await destination.commit(...words)
  }
  const committing = { ...destination, commit, [Symbol.asyncDispose]: async () => {} }
  try {
    // Of one image they are there, whatever they are worth.
    const referrers = from.image !== to.image
    // no policy is asked: the image is in this bucket already, and stays there
    const options = { force, expect, signal, jobs, referrers, guard: undefined }
    const copied = await copyOpened(source, committing, options, onEvent)
    const { digest, previous, changed } = copied
    return { digest, ...(previous === undefined ? {} : { previous }), changed }
  } catch (error) {
    if (!isLadingError(error, 'blob-not-found')) throw error
    throw new LadingError(error.code, error.message, {
      operation: error.operation,
      subject: error.subject,
      hint: `${to.image}:${to.tag} is as it was. A clean may have removed what no tag needed: push the image again`,
      cause: error,
    })
  }
}
