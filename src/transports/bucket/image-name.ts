import { findLocalRoot } from './local-root.ts'
import type { BucketReference } from './reference.ts'

/** The name of the image within its bucket. @throws LadingError `bucket-not-found` where a local path leads to none */
export async function bucketImageName({ root, path }: BucketReference): Promise<string> {
  return root === undefined ? (await findLocalRoot(path, 'image')).path : path
}
