import { LadingError } from '../errors/index.ts'
import { type BucketReference, bucketImageName, parseReference } from '../transports/index.ts'
import { copyImage } from './copy-image.ts'
import type { CopyOptions, CopyResult } from './copy-options.ts'

/**
 * Pushes an image of the Docker daemon into a bucket, whatever keeps it.
 *
 * Layers are stored compressed; what the bucket has of them is neither compressed nor read again, and an image of which it has
 * everything is not even saved by the daemon.
 *
 * Of an image for several platforms this machine's is pushed, unless `platforms` or `allPlatforms` say otherwise.
 *
 * @param image as `docker` names it: `app:v1`, a whole image ID
 * @throws LadingError
 */
export async function pushImage(image: string, bucket: string, options: CopyOptions = {}): Promise<CopyResult> {
  requireBucket(bucket)
  return await copyImage(daemonReference(image), bucket, { ...options, onePlatform: !options.allPlatforms })
}

/**
 * Pulls an image from a bucket into the Docker daemon: this machine's platform of it, unless `platforms` names another.
 *
 * @param name what Docker will call it; default: as the bucket does
 * @throws LadingError
 */
export async function pullImage(
  bucket: string,
  name: string | undefined,
  options: CopyOptions = {},
): Promise<CopyResult> {
  const reference = requireBucket(bucket)
  return await copyImage(bucket, daemonReference(name ?? (await nameOf(reference))), options)
}

/** An ID may be written without its algorithm, and the transport may be written out. */
function daemonReference(image: string): string {
  const bare = image.replace(/^docker-daemon:/, '')
  return `docker-daemon:${/^[0-9a-f]{64}$/.test(bare) ? `sha256:${bare}` : bare}`
}

async function nameOf(reference: BucketReference): Promise<string> {
  const { tag } = reference
  if (tag === undefined) {
    throw new LadingError('bad-argument', 'an image that is named by its digest has no name of its own', {
      hint: 'say what Docker shall call it: lading pull BUCKET-REF NAME:TAG',
    })
  }
  return `${await bucketImageName(reference)}:${tag}`
}

function requireBucket(text: string): BucketReference {
  const reference = parseReference(text)
  if (isBucketReference(reference)) return reference
  throw new LadingError('bad-reference', `${JSON.stringify(text)} is not in a bucket`, {
    hint: 'a bucket is s3://, gs://, az:// or local://; between other places use `lading copy`, with docker-daemon:IMAGE for Docker',
  })
}

function isBucketReference(reference: { readonly transport: string }): reference is BucketReference {
  return reference.transport === 'bucket'
}
