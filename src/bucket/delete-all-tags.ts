import type { DeleteOptions, DeleteResult } from '../copy/index.ts'
import { LadingError } from '../errors/index.ts'
import {
  checkTagDeletion,
  deleteTag,
  imagePrefix,
  parseTagKey,
  readImmutable,
  validateImageName,
} from '../layout/index.ts'
import type { ObjectStore } from '../stores/index.ts'
import { mapInOrder } from '../streams/index.ts'
import { formatBucketLocator, parseBucketLocator } from '../transports/bucket/reference.ts'
import { type BucketOptions, openStoreOf } from './open-store-of.ts'

export interface DeleteAllOptions extends BucketOptions, Pick<DeleteOptions, 'force' | 'keepTrash' | 'dryRun'> {}

/** So many tags are deleted at once. */
const concurrency = 8

/**
 * Deletes every tag of exactly this image, and tells each as it goes. `app/v1` is another image than `app`, and keeps its tags. What is
 * pushed meanwhile may be seen or not.
 *
 * @example
 * await copyImage('oci:examples/hello:v1', 'local://./images/old/hello:v1')
 * for await (const { reference } of deleteAllTags('local://./images/old/hello')) console.log(reference)
 *
 * @throws LadingError `bad-reference`, `bucket-not-found`; `tag-exists` where the image is immutable; `image-not-found` where it has no
 * tags
 */
export async function* deleteAllTags(
  image: string,
  { force = false, keepTrash = true, dryRun = false, ...options }: DeleteAllOptions = {},
): AsyncGenerator<DeleteResult, void, undefined> {
  await using bucket = await openStoreOf(image, options)
  const { store, path } = bucket
  const { signal } = options
  validateImageName(path)
  const name = formatBucketLocator(parseBucketLocator(image))
  if (!force && (await readImmutable(store, path, signal))) throw immutableImage(name)
  const one = async (tag: string): Promise<DeleteResult | undefined> => {
    const deletion = { image: path, tag, immutable: false, signal }
    const reference = `${name}:${tag}`
    if (dryRun) {
      const digest = await checkTagDeletion(store, deletion)
      return digest === undefined ? undefined : { reference, digest, inTrash: false, dryRun: true }
    }
    const deleted = await deleteTag(store, { ...deletion, keepTrash })
    if (deleted === undefined) return undefined
    return { reference, digest: deleted.digest, inTrash: deleted.trash !== undefined }
  }
  let any = false
  for await (const deleted of mapInOrder(tagsOf(store, path, signal), concurrency, one)) {
    any = true
    yield deleted
  }
  if (any) return
  throw new LadingError('image-not-found', 'the bucket has no tags of this image', {
    operation: 'delete',
    subject: name,
    hint: 'see what it has with `lading list`',
  })
}

/** A folder below the image's may be a tag, or the beginning of the name of another image, or both. */
async function* tagsOf(
  store: ObjectStore,
  image: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void, undefined> {
  for await (const entry of store.list(imagePrefix(image), { delimiter: '/', signal })) {
    const parsed = entry.kind === 'prefix' ? parseTagKey(`${entry.prefix}manifest.json`) : undefined
    if (parsed !== undefined) yield parsed.tag
  }
}

function immutableImage(subject: string): LadingError {
  return new LadingError('tag-exists', 'the tags of this image are immutable', {
    operation: 'delete',
    subject,
    hint: 'delete them with --force',
  })
}
