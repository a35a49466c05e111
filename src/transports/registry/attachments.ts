import { LadingError } from '../../errors/index.ts'
import { systemClock } from '../../http/clock.ts'
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

/** Of each repository whether its registry lists referrers, once one question has been answered. The others wait for that. */
const answered = new WeakMap<RegistryClient, Map<string, Promise<boolean>>>()

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
  const known = answered.get(client) ?? new Map<string, Promise<boolean>>()
  answered.set(client, known)
  const first = known.get(access.repository)
  // A failure tells nothing: whoever waited for it asks.
  if (first === undefined || (await first.catch(() => true))) {
    const asked = listReferrers(repository, subject, signal)
    const isListed = asked.then(list => list !== undefined)
    isListed.catch(() => known.delete(access.repository))
    if (first === undefined) known.set(access.repository, isListed)
    const list = await asked
    if (list !== undefined) return list
  }
  const list = await readReferrersTag(repository, subject, signal)
  return list === undefined ? [] : referrersIn(list)
}

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
/** Whoever is slower than this to write a list that they have read may write over another's. */
const longestWaitMs = 2000

/**
 * Attaches a manifest. Where the registry does not say that it keeps the list of referrers itself, it is kept under the tag: read, added
 * to, written, and read again a little later, since somebody else may have read the same and write it too. No registry writes a tag under a
 * condition.
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
  if (!listsReferrer) await inLine(repository, subject, () => listReferrer(repository, subject, node, signal))
}

async function listReferrer(
  repository: Repository,
  subject: Digest,
  node: Node,
  signal: AbortSignal | undefined,
): Promise<void> {
  const address = { ...repository, name: referrersTag(subject) }
  for (let attempt = 1; ; attempt++) {
    const began = systemClock.now()
    const bytes = addReferrer(await readReferrersTag(repository, subject, signal), node)
    if (bytes === undefined) return
    if (attempt > attempts) {
      throw new LadingError(
        'protocol-error',
        `the list of what refers to ${subject} does not keep what is written to it`,
        {
          hint: 'somebody else may write it all the time: copy again',
        },
      )
    }
    await putManifest(address, { mediaType: ociIndex, bytes }, signal)
    // Who has read the list before this was written writes it within about as long as this took.
    await systemClock.sleep(Math.min(2 * (systemClock.now() - began), longestWaitMs), signal)
  }
}

/** Of each list the last who writes it in this process: here nobody writes between another's look and their writing. */
const lines = new WeakMap<RegistryClient, Map<string, Promise<unknown>>>()

async function inLine({ client, access }: Repository, subject: Digest, task: () => Promise<void>): Promise<void> {
  const known = lines.get(client) ?? new Map<string, Promise<unknown>>()
  lines.set(client, known)
  const key = `${access.repository} ${subject}`
  const mine = (known.get(key) ?? Promise.resolve()).then(task)
  const over = mine.catch(() => {})
  known.set(key, over)
  await mine
  if (known.get(key) === over) known.delete(key)
}
