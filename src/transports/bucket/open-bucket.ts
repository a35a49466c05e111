import { LadingError } from '../../errors/index.ts'
import { type ObjectStore, openStore, type StoreContext } from '../../stores/index.ts'
import { findLocalRoot, isStoreDirectory, type LocalRoot } from './local-root.ts'
import { type BucketLocator, formatBucketLocator } from './reference.ts'

export interface OpenBucket {
  readonly store: ObjectStore
  /** The bucket's name and prefix, or its directory. */
  readonly root: string
  /** What follows the root: an image name, or what a command makes of it. */
  readonly path: string
}

export interface OpenBucketOptions {
  /** An image needs a name behind the root. */
  readonly what: 'image' | 'bucket'
  /** A local store that does not exist is created by the first write. Elsewhere it is `bucket-not-found`. */
  readonly create: boolean
}

/** @throws LadingError `bucket-not-found`, or `unsupported` where a cloud's package is not installed */
export async function openBucket(
  locator: BucketLocator,
  { what, create }: OpenBucketOptions,
  context: StoreContext,
): Promise<OpenBucket> {
  const { scheme, root, path } = locator
  if (scheme !== 'local' && root !== undefined) return { store: await openStore({ scheme, root }, context), root, path }
  const local: LocalRoot =
    root === undefined ? await findLocalRoot(path, what) : { root, path, exists: await isStoreDirectory(root) }
  if (!local.exists && !create) {
    throw new LadingError('bucket-not-found', `${local.root} is not a bucket`, {
      operation: 'open bucket',
      subject: formatBucketLocator(locator),
      hint: 'a directory is one that holds s3lo.yaml, manifests/ or blobs/; make one with `lading init --local DIR`',
    })
  }
  return { store: await openStore({ scheme, root: local.root }, context), root: local.root, path: local.path }
}
