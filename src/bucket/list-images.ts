import { attachedTo, readHistory, readTag, tagHolds, tagKeys } from '../layout/index.ts'
import type { Digest } from '../model/digest.ts'
import { type Manifest, parseManifest } from '../model/manifest.ts'
import type { ObjectStore } from '../stores/index.ts'
import { mapInOrder } from '../streams/index.ts'
import { listTags, type TagEntry } from './list-tags.ts'
import { type BucketOptions, openStoreOf } from './open-store-of.ts'

export interface ListImagesOptions extends BucketOptions {
  /** Read the tags too. Without it their names are all that is asked for, and no manifest is read. */
  readonly details?: boolean
  /** Tags that are made of a digest too: they are attached to the manifest of that digest. Default: true. */
  readonly attachments?: boolean
}

/** A tag of an image in a bucket. */
export interface ListedImage {
  readonly image: string
  readonly tag: string
  readonly digest?: Digest
  /** Every blob and manifest of the image. Absent where neither the history nor the root itself says it. */
  readonly sizeBytes?: number
  readonly pushedAt?: Date
}

/** So many tags are read at once for their details. */
const concurrency = 16

/**
 * The tags in a bucket, in the order of their keys, as the listing gives them: no more than a page is held.
 *
 * What follows the bucket's root is a glob (`*` does not cross a `/`), or a name: of that image and of all below it.
 *
 * @example
 * for await (const { image, tag } of listImages('local://./images/')) console.log(`${image}:${tag}`)
 *
 * @throws LadingError `bad-reference`, `bucket-not-found`
 */
export async function* listImages(
  locator: string,
  { details = false, attachments = true, ...options }: ListImagesOptions = {},
): AsyncGenerator<ListedImage, void, undefined> {
  await using bucket = await openStoreOf(locator, options)
  const { store, path } = bucket
  const { signal } = options
  const tags = attachments ? listTags(store, path, signal) : imagesAlone(listTags(store, path, signal))
  if (details) yield* mapInOrder(tags, concurrency, name => withDetails(store, name, signal))
  else for await (const { image, tag } of tags) yield { image, tag }
}

async function* imagesAlone(tags: AsyncIterable<TagEntry>): AsyncGenerator<TagEntry, void, undefined> {
  for await (const entry of tags) if (attachedTo(entry.tag) === undefined) yield entry
}

/** `undefined` where the tag was removed since it was listed. */
async function withDetails(
  store: ObjectStore,
  { image, tag }: ListedImage,
  signal: AbortSignal | undefined,
): Promise<ListedImage | undefined> {
  const [record, history] = await Promise.all([
    readTag(store, image, tag, signal),
    readHistory(store, tagKeys(image, tag).history, signal),
  ])
  if (record === undefined) return undefined
  const entry = history.find(pushed => tagHolds(record, pushed.digest))
  const sizeBytes = entry === undefined || entry.size_bytes === 0 ? sizeOf(record.bytes) : entry.size_bytes
  return {
    image,
    tag,
    digest: entry?.digest ?? record.digest,
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    pushedAt: entry === undefined ? record.info.modified : new Date(entry.pushed_at),
  }
}

/** s3lo notes no size for an index, and only its platform manifests would say it; a plain image's manifest says it all. */
function sizeOf(bytes: Uint8Array): number | undefined {
  let manifest: Manifest
  try {
    manifest = parseManifest(bytes)
  } catch {
    // A listing shows what is there; to say what is wrong with it is for `inspect`.
    return undefined
  }
  if (manifest.kind === 'index') return undefined
  return [manifest.config, ...manifest.layers].reduce((sum, { size }) => sum + size, bytes.byteLength)
}
