import { LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'
import { limits } from '../../model/limits.ts'
import { bareMediaType, ociIndex } from '../../model/media-types.ts'
import { referrersIn } from '../../model/referrers-index.ts'
import { readAll } from '../../streams/index.ts'
import { nextPage } from './next-page.ts'
import type { Repository } from './repository.ts'

/** What registries answer that do not know the referrers API; the specification says 404. */
const unknownApi = [400, 404, 405, 406]

/**
 * What refers to a manifest, as the registry lists it: distribution specification, "Listing Referrers". `undefined`: it has no such API.
 *
 * @throws LadingError `bad-manifest`, `too-large`
 */
export async function listReferrers(
  { client, access }: Repository,
  subject: Digest,
  signal: AbortSignal | undefined,
): Promise<readonly Node[] | undefined> {
  const found: Node[] = []
  const seen = new Set<string>()
  let target: string | undefined = `/v2/${access.repository}/referrers/${subject}`
  while (target !== undefined) {
    seen.add(target)
    const response = await client.ask({
      method: 'GET',
      target,
      headers: { accept: ociIndex },
      access: [access],
      subject: `referrers of ${subject}`,
      expected: [200, ...unknownApi],
      documentBytes: limits.manifestBytes,
      signal,
    })
    const type = bareMediaType(response.headers.get('content-type') ?? '')
    // A page for people, with the status 200, is no list either.
    if (response.status !== 200 || (type !== ociIndex && type !== 'application/json')) {
      await response.discard()
      if (found.length === 0) return undefined
      throw new LadingError('protocol-error', `${client.session.registry} does not give the rest of a list`)
    }
    found.push(
      ...referrersIn(await readAll(response.body, limits.manifestBytes, `the referrers of ${subject}`), ociIndex),
    )
    if (found.length > limits.referrers) {
      throw new LadingError('too-large', `${subject} has more than ${limits.referrers} referrers`)
    }
    target = nextPage(response.headers.get('link'), response.url)
    if (target !== undefined && (seen.has(target) || seen.size > limits.emptyPages)) {
      throw new LadingError('protocol-error', `the list of what refers to ${subject} goes in a circle`)
    }
  }
  return found
}
