import { openSession, type SessionOptions } from '../copy/session.ts'
import {
  compileGlob,
  isGlob,
  parseTagKey,
  readHistory,
  readTag,
  tagHolds,
  tagKeys,
  tagsPrefix,
} from '../layout/index.ts'
import type { Digest } from '../model/digest.ts'
import { type Manifest, parseManifest } from '../model/manifest.ts'
import type { ObjectStore } from '../stores/index.ts'
import { mapInOrder } from '../streams/index.ts'
import { openBucket } from '../transports/bucket/open-bucket.ts'
import { parseBucketLocator, validateBucketPath } from '../transports/bucket/reference.ts'

export interface ListImagesOptions
  extends Pick<SessionOptions, 'cloud' | 'tlsVerify' | 'signal' | 'userAgentPrefix' | 'onRequest'> {
  /** Read the tags too. Without it their names are all that is asked for, and no manifest is read. */
  readonly details?: boolean
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
  { details = false, ...options }: ListImagesOptions = {},
): AsyncGenerator<ListedImage, void, undefined> {
  await using session = openSession(options, () => {})
  const { store, path } = await openBucket(
    parseBucketLocator(locator),
    { what: 'bucket', create: false },
    session.context('source'),
  )
  await using _ = store
  validateBucketPath(path)
  const { signal } = options
  const names = listTags(store, path, signal)
  yield* details ? mapInOrder(names, concurrency, name => withDetails(store, name, signal)) : names
}

async function* listTags(
  store: ObjectStore,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ListedImage, void, undefined> {
  const glob = isGlob(path)
  const folder = glob ? literalFolder(path) : path === '' || path.endsWith('/') ? path : `${path}/`
  const matches = glob ? await compileGlob(path) : () => true
  for await (const entry of store.list(tagsPrefix(folder), { signal })) {
    const name = entry.kind === 'object' ? parseTagKey(entry.info.key) : undefined
    if (name !== undefined && matches(name.image)) yield name
  }
}

/** What stands before the first component with a wildcard: the listing need not look elsewhere. */
function literalFolder(glob: string): string {
  const literal = glob.slice(0, glob.search(/[*?[\]{}]/))
  return literal.slice(0, literal.lastIndexOf('/') + 1)
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
