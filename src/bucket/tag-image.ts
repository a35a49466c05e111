import { resolve } from 'node:path'
import { interruptible } from '../copy/interruptible.ts'
import { LadingError } from '../errors/index.ts'
import { validateImageName, validateTag } from '../layout/index.ts'
import { findLocalRoot } from '../transports/bucket/local-root.ts'
import { type BucketReference, formatBucketReference, parseBucketReference } from '../transports/bucket/reference.ts'
import type { Expectation } from '../transports/index.ts'
import { type BucketTag, type OpenedImage, openImageOf, requireTag } from './open-image-of.ts'
import type { BucketOptions } from './open-store-of.ts'
import type { PointedTag, PointOptions } from './point-tag.ts'

export interface TagOptions extends BucketOptions, Pick<PointOptions, 'force' | 'onEvent'> {
  /** Write the new tag only where there is none (`absent`), or where it holds this digest. */
  readonly expect?: Expectation | undefined
}

export interface TagResult extends PointedTag {
  readonly source: string
  readonly reference: string
}

/**
 * Gives an image in a bucket another tag, and moves no bytes. `name` is a tag (`v2`, `:v2`: of the same image), an image and a tag
 * (`other/app:v2`) or a whole reference in the same bucket.
 *
 * @example
 * await copyImage('oci:examples/hello:v1', 'local://./images/hello:v1')
 * await tagImage('local://./images/hello:v1', 'stable')
 *
 * @throws LadingError `bad-reference`, `image-not-found`; `blob-not-found` where a part of the image is gone; `tag-exists`,
 * `precondition-failed`
 */
export async function tagImage(
  source: string,
  name: string,
  { expect, force, onEvent, ...options }: TagOptions = {},
): Promise<TagResult> {
  const { signal } = options
  return await interruptible(signal, async () => {
    await using opened = await openImageOf(source, options, message => onEvent?.({ type: 'warning', message }))
    const to = await destinationOf(opened, name)
    // Loaded here: most commands on a bucket copy nothing.
    const { pointTag } = await import('./point-tag.ts')
    const pointed = await pointTag(opened.store, opened.at, to, { force, expect, onEvent, signal })
    return { source: opened.at.name, reference: to.name, ...pointed }
  })
}

async function destinationOf({ at, reference }: OpenedImage, name: string): Promise<BucketTag> {
  if (name.includes('://')) return await withinBucket(parseBucketReference(name), reference)
  const colon = name.lastIndexOf(':')
  const image = colon > 0 ? name.slice(0, colon) : at.image
  const tag = name.slice(colon + 1)
  validateImageName(image)
  validateTag(tag)
  const { digest: _, tag: __, ...locator } = reference
  const path = locator.path.slice(0, locator.path.length - at.image.length) + image
  return { name: formatBucketReference({ ...locator, path, tag }), image, tag }
}

/** @throws LadingError `bad-reference` where it is another bucket */
async function withinBucket(wanted: BucketReference, reference: BucketReference): Promise<BucketTag> {
  const [there, here] = await Promise.all([placeOf(wanted), placeOf(reference)])
  const name = formatBucketReference(wanted)
  if (there.root === here.root) {
    const { tag, digest } = wanted
    const fields = { ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) }
    return requireTag({ name, image: there.image, ...fields }, 'tag')
  }
  throw new LadingError('bad-reference', 'it is in another bucket', {
    operation: 'tag',
    subject: name,
    hint: `use \`lading copy ${formatBucketReference(reference)} ${name}\``,
  })
}

async function placeOf({ scheme, root, path }: BucketReference): Promise<{ root: string; image: string }> {
  if (scheme !== 'local') return { root: `${scheme}://${root}`, image: path }
  const found = root === undefined ? await findLocalRoot(path, 'image') : { root, path }
  return { root: resolve(found.root), image: found.path }
}
