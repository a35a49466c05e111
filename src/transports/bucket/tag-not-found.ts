import { isLadingError, LadingError } from '../../errors/index.ts'
import { newestTrashOf } from '../../layout/index.ts'
import type { ObjectStore } from '../../stores/index.ts'

/** The error about a tag that is not there; one that was deleted and is in the trash says so. */
export async function tagNotFound(
  store: ObjectStore,
  { name, image, tag = '' }: { readonly name: string; readonly image: string; readonly tag?: string },
  operation: string,
  signal?: AbortSignal,
): Promise<LadingError> {
  // Who may read and not list is told as much as can be.
  const trashed = await newestTrashOf(store, image, tag, signal).catch(error => {
    if (isLadingError(error, 'denied')) return undefined
    throw error
  })
  const [message, hint] =
    trashed === undefined
      ? [`the bucket has no tag ${image}:${tag}`, 'see what it has with `lading list`']
      : [
          `the tag ${image}:${tag} was deleted at ${trashed.deletedAt.toISOString()}, and is in the trash`,
          `bring it back with \`lading restore ${name.replace(/@[^@/]*$/, '')}\``,
        ]
  return new LadingError('image-not-found', message, { operation, subject: name, hint })
}
