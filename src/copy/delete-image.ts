import type { Digest } from '../model/digest.ts'
import { formatReference, parseReference, type RemoveOptions, removeImage } from '../transports/index.ts'
import { interruptible } from './interruptible.ts'
import { openSession, type SessionOptions } from './session.ts'
import { says } from './sides.ts'

/** What is beside how the place is reached is for buckets. */
export interface DeleteOptions extends SessionOptions, RemoveOptions {}

export interface DeleteResult {
  readonly reference: string
  /** Of what was deleted, where the place tells it. In a registry every tag of this digest is gone. */
  readonly digest?: Digest
  /** Of a tag in a bucket: whether it is kept in the trash. */
  readonly inTrash?: boolean
  /** With `dryRun`: nothing was deleted. */
  readonly dryRun?: true
}

/**
 * Deletes an image: the manifest that the name stands for in a registry; the entry of an OCI layout, and the blobs that nothing else
 * there names; the name in Docker or in containers' storage, and the image with its last one; the tag in a bucket, with its history and
 * its signatures, and no blob.
 *
 * @example
 * await copyImage('oci:examples/hello:v1', 'local://./images/hello:old')
 * await deleteImage('local://./images/hello:old')
 *
 * How the place is reached is said for the destination.
 *
 * @throws LadingError `image-not-found`; `tag-exists` where the tag is immutable, `precondition-failed` where it does not hold `expect`;
 * `unsupported` where nothing is deleted, or the registry does not let it
 */
export async function deleteImage(reference: string, options: DeleteOptions = {}): Promise<DeleteResult> {
  return await interruptible(options.signal, async () => {
    const parsed = parseReference(reference)
    const name = formatReference(parsed)
    await using session = openSession(options, () => {})
    const removed = await says('destination', name)(
      () => removeImage(parsed, session.context('destination'), options),
      'delete',
    )
    return { reference: name, ...removed, ...(options.dryRun ? { dryRun: true } : {}) }
  })
}
