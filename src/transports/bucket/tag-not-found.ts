import { LadingError } from '../../errors/index.ts'
import { newestTrashOf } from '../../layout/index.ts'
import type { ObjectStore } from '../../stores/index.ts'
import type { BucketImage } from './source.ts'

/** The error about a tag that is not there; one that was deleted and is in the trash says so. */
export async function tagNotFound(
  store: ObjectStore,
  { name, image, tag = '' }: BucketImage,
  operation: string,
  signal?: AbortSignal,
): Promise<LadingError> {
  const trashed = await newestTrashOf(store, image, tag, signal)
  const [message, hint] =
    trashed === undefined
      ? [`the bucket has no tag ${image}:${tag}`, 'see what it has with `lading list`']
      : [
          `the tag ${image}:${tag} was deleted at ${trashed.deletedAt.toISOString()}, and is in the trash`,
          `bring it back with \`lading restore ${name}\``,
        ]
  return new LadingError('image-not-found', message, { operation, subject: name, hint })
}
