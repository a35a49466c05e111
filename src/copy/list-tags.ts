import { LadingError } from '../errors/index.ts'
import { bucketSchemes, formatReference, openSource, parseReference } from '../transports/index.ts'
import { interruptible } from './interruptible.ts'
import { passLayer } from './pass-layer.ts'
import { openSession, type SessionOptions, type Shared } from './session.ts'
import { sourceSide } from './sides.ts'

/**
 * The tags of a repository in a registry, or the names of the images in an OCI layout or an archive, in the order in which it gives
 * them. A tag in the reference itself means nothing here.
 *
 * @example
 * for await (const tag of listTags('ghcr.io/owner/app')) console.log(tag)
 *
 * @throws LadingError `image-not-found` where there is no such repository; `unsupported` where there are no tags to list
 */
export async function* listTags(
  repository: string,
  options: SessionOptions = {},
): AsyncGenerator<string, void, undefined> {
  yield* listTagsOver(undefined, repository, options)
}

/** The same as one of several operations that share their HTTP client. */
export async function* listTagsOver(
  shared: Shared | undefined,
  repository: string,
  options: SessionOptions,
): AsyncGenerator<string, void, undefined> {
  if (bucketSchemes.some(scheme => repository.startsWith(`${scheme}://`))) {
    throw cannotList(repository, 'the tags of a bucket are listed image by image', 'use `lading list`, or listImages')
  }
  const reference = parseReference(repository)
  await using session = openSession(options, () => {}, shared)
  await using source = sourceSide(await openSource(reference, session.context('source')))
  const { tags } = source
  if (tags === undefined) {
    throw cannotList(
      formatReference(reference),
      'it has no tags to list',
      'a registry has, an OCI layout (oci:, oci-archive:) and a docker-archive:',
    )
  }
  await interruptible(options.signal, async () => source.receive?.(passLayer, options.signal))
  yield* tags(options.signal)
}

function cannotList(subject: string, message: string, hint: string): LadingError {
  return new LadingError('unsupported', message, { operation: 'list tags', subject, hint })
}
