import type { Digest } from '../../model/digest.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { openBucket } from '../../transports/bucket/open-bucket.ts'
import type { BucketReference } from '../../transports/bucket/reference.ts'
import type { Reference, TransportContext } from '../../transports/index.ts'
import type { SignedTag } from '../../trust/s3lo/verify-record.ts'

export interface OpenedTag extends AsyncDisposable {
  readonly store: ObjectStore
  readonly of: SignedTag
}

/** A tag of a bucket, in s3lo's words. `undefined` for everything else, also for an image that is named by its digest alone. */
export async function openS3loTag(
  reference: Reference,
  digest: Digest,
  context: TransportContext,
): Promise<OpenedTag | undefined> {
  if (!isBucket(reference) || reference.tag === undefined) return undefined
  const { tag } = reference
  const { store, path: image } = await openBucket(reference, { what: 'image', create: false }, context)
  const of = { bucket: bucketName(reference, image), image, tag, digest }
  return { store, of, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() }
}

/** The words that stand before the image, as s3lo splits a reference: of a directory, its path as it is typed. */
function bucketName({ root, path }: BucketReference, image: string): string {
  return root ?? path.slice(0, -`/${image}`.length)
}

function isBucket(reference: Reference): reference is BucketReference {
  return reference.transport === 'bucket'
}
