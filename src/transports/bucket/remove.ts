import { LadingError } from '../../errors/index.ts'
import { checkTagDeletion, deleteTag, readImmutable } from '../../layout/index.ts'
import type { RemovedImage, RemoveOptions } from '../remove-options.ts'
import type { TransportContext } from '../transport.ts'
import { openBucket } from './open-bucket.ts'
import { type BucketReference, formatBucketReference } from './reference.ts'
import { bucketImage } from './source.ts'
import { tagNotFound } from './tag-not-found.ts'

/**
 * Deletes a tag. With tag and digest, the tag must hold that digest.
 *
 * @throws LadingError `unsupported` for a digest alone: no blob is deleted here
 */
export async function removeTag(
  reference: BucketReference,
  context: TransportContext,
  { expect, force = false, keepTrash = true, dryRun = false }: RemoveOptions,
): Promise<RemovedImage> {
  const { tag, digest } = reference
  const name = formatBucketReference(reference)
  if (tag === undefined) {
    throw new LadingError('unsupported', 'tags are deleted, and a digest is none', {
      operation: 'delete',
      subject: name,
      hint: 'delete the tags that hold it; blobs that nothing needs any more are removed by `lading clean`',
    })
  }
  if (digest !== undefined && expect !== undefined && digest !== expect) {
    throw new LadingError('bad-argument', `${name} cannot hold ${expect} as well`, { operation: 'delete' })
  }
  const { store, path: image } = await openBucket(reference, { what: 'image', create: false }, context)
  await using _ = store
  const { signal } = context
  const immutable = !force && (await readImmutable(store, image, signal))
  const deletion = { image, tag, expect: expect ?? digest, immutable, keepTrash, signal }
  if (dryRun) {
    const held = await checkTagDeletion(store, deletion)
    if (held !== undefined) return { digest: held, inTrash: false }
  } else {
    const deleted = await deleteTag(store, deletion)
    if (deleted !== undefined) return { digest: deleted.digest, inTrash: deleted.trash !== undefined }
  }
  throw await tagNotFound(store, bucketImage(reference, image), 'delete', signal)
}
