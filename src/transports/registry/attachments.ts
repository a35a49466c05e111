import { cosignTags, referrersTag } from '../../model/attachment-tags.ts'
import type { Node } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'
import { ociIndex } from '../../model/media-types.ts'
import { addReferrer, referrersIn } from '../../model/referrers-index.ts'
import type { Attachment } from '../transport.ts'
import { listReferrers } from './list-referrers.ts'
import { fetchManifest, putManifest, resolveManifest } from './manifests.ts'
import type { RegistryClient } from './registry-client.ts'
import type { Repository } from './repository.ts'

/** Repositories of registries that said that they have no referrers API: they are asked for it once. */
const withoutApi = new WeakMap<RegistryClient, Set<string>>()

/**
 * What is attached to a manifest in a repository. Four questions at once: the referrers, and cosign's three tags. A HEAD is no pull where
 * pulls are counted.
 */
export async function* findAttachments(
  repository: Repository,
  subject: Digest,
  signal: AbortSignal | undefined,
): AsyncGenerator<Attachment, void, undefined> {
  const tags = cosignTags(subject)
  const [referrers, ...tagged] = await Promise.all([
    referrersOf(repository, subject, signal),
    ...tags.map(async tag => (await resolveManifest({ ...repository, name: tag }, signal))?.node),
  ])
  for (const node of referrers) yield { by: 'referrer', node }
  for (const [at, node] of tagged.entries()) {
    const tag = tags[at]
    if (node !== undefined && tag !== undefined) yield { by: 'tag', tag, node }
  }
}

async function referrersOf(
  repository: Repository,
  subject: Digest,
  signal: AbortSignal | undefined,
): Promise<readonly Node[]> {
  const { client, access } = repository
  const known = withoutApi.get(client) ?? new Set<string>()
  withoutApi.set(client, known)
  const listed = known.has(access.repository) ? undefined : await listReferrers(repository, subject, signal)
  if (listed !== undefined) return listed
  known.add(access.repository)
  return referrersIn((await readReferrersTag(repository, subject, signal)) ?? emptyList)
}

const emptyList = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests: [] }))

/** The list under the tag, `undefined` where there is none. */
async function readReferrersTag(
  repository: Repository,
  subject: Digest,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  const address = { ...repository, name: referrersTag(subject) }
  const there = await resolveManifest(address, signal)
  return there === undefined ? undefined : (there.bytes ?? (await fetchManifest(address, signal))?.bytes)
}

/** How often a referrer is added to a list that others write at the same time. */
const attempts = 5

/**
 * Attaches a manifest. Where the registry does not say that it keeps the list of referrers itself, it is kept under the tag: read, added
 * to, written, and read again, since somebody else may have read the same and written between. No registry writes a tag under a condition.
 *
 * @throws LadingError `bad-manifest` where the tag is no list
 */
export async function attachManifest(
  repository: Repository,
  subject: Digest,
  attachment: Attachment,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { node } = attachment
  const manifest = { mediaType: node.mediaType, bytes }
  if (attachment.by === 'tag') {
    await putManifest({ ...repository, name: attachment.tag }, manifest, signal)
    return
  }
  const { listsReferrer } = await putManifest({ ...repository, name: node.digest }, manifest, signal)
  for (let attempt = 1; !listsReferrer && attempt <= attempts; attempt++) {
    const list = addReferrer(await readReferrersTag(repository, subject, signal), node)
    if (list === undefined) return
    await putManifest({ ...repository, name: referrersTag(subject) }, { mediaType: ociIndex, bytes: list }, signal)
  }
}
