import { LadingError } from '../errors/index.ts'
import { formatReference, openSource, parseReference } from '../transports/index.ts'
import { openSession, type SessionOptions } from './session.ts'
import { sourceSide } from './sides.ts'

/**
 * The tags of a repository in a registry, in the order in which it gives them.
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
  const reference = parseReference(repository)
  await using session = openSession(options, () => {})
  await using source = sourceSide(await openSource(reference, session.context('source')))
  if (source.tags === undefined) {
    throw new LadingError('unsupported', 'only a registry lists the tags of a repository', {
      operation: 'list tags',
      subject: formatReference(reference),
      hint: 'listImages lists what a bucket holds',
    })
  }
  yield* source.tags(options.signal)
}
