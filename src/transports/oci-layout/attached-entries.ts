import { isLadingError } from '../../errors/index.ts'
import { attachedTo } from '../../layout/index.ts'
import { cosignTags, referrersTag } from '../../model/attachment-tags.ts'
import type { Node } from '../../model/descriptor.ts'
import { type Digest, digestOf } from '../../model/digest.ts'
import { parseManifest } from '../../model/manifest.ts'
import { ociIndex } from '../../model/media-types.ts'
import { referrerDescriptor } from '../../model/referrer-descriptor.ts'
import { addReferrer, referrersIn } from '../../model/referrers-index.ts'
import { mapInOrder } from '../../streams/index.ts'
import type { Attachment } from '../transport.ts'
import { checkExpectation, type Entry, nameOf, toNode, withNamed } from './layout-entries.ts'

/** How a manifest of the layout is read: `undefined` where it is absent or damaged. */
export type ReadManifest = (node: Node, signal?: AbortSignal) => Promise<Uint8Array | undefined>

/** Manifests of a layout that are read at once, to see what they refer to. */
const readAtOnce = 16

/**
 * What is attached to a manifest in a layout: what the entry under the referrers tag lists, the entries that cosign's tags name, and entries
 * without a name whose manifest says so, as oras writes them.
 *
 * @throws LadingError `bad-manifest`, `unsupported`
 */
export async function* attachmentsAmong(
  entries: readonly Entry[],
  subject: Digest,
  read: ReadManifest,
  signal?: AbortSignal,
): AsyncGenerator<Attachment, void, undefined> {
  const known = new Set<Digest>()
  const named = (name: string) => entries.find(entry => nameOf(entry) === name)
  const list = named(referrersTag(subject))
  const listed = list === undefined ? undefined : await read(toNode(list), signal)
  for (const node of listed === undefined ? [] : referrersIn(listed)) {
    known.add(node.digest)
    yield { by: 'referrer', node }
  }
  for await (const { node, subject: of } of subjectsAmong(entries, read, signal)) {
    if (of === subject && !known.has(node.digest)) yield { by: 'referrer', node }
    if (of === subject) known.add(node.digest)
  }
  for (const tag of cosignTags(subject)) {
    const entry = named(tag)
    if (entry !== undefined) yield { by: 'tag', tag, node: toNode(entry) }
  }
}

/**
 * The entries that are images of their own. The others are attached to one, by their names; where that leaves several, by what their
 * manifests say.
 */
export async function imagesAmong(
  entries: readonly Entry[],
  read: ReadManifest,
  signal?: AbortSignal,
): Promise<readonly Entry[]> {
  const rest = entries.filter(entry => attachedTo(nameOf(entry) ?? '') === undefined)
  if (rest.length < 2) return rest
  const attached = new Set<Digest>()
  for await (const { node } of subjectsAmong(rest, read, signal)) attached.add(node.digest)
  return rest.filter(({ digest }) => !attached.has(digest))
}

/** The entries that may be attached to something although no name says so, and are. Of images with a name nobody looks into all. */
async function* subjectsAmong(
  entries: readonly Entry[],
  read: ReadManifest,
  signal?: AbortSignal,
): AsyncGenerator<{ readonly node: Node; readonly subject: Digest }, void, undefined> {
  const candidates = entries.filter(entry => nameOf(entry) === undefined || entry.artifactType !== undefined)
  yield* mapInOrder(each(candidates), readAtOnce, async entry => {
    try {
      const bytes = await read(toNode(entry), signal)
      const subject = bytes === undefined ? undefined : parseManifest(bytes, entry.mediaType).subject?.digest
      return bytes === undefined || subject === undefined
        ? undefined
        : { node: referrerDescriptor(entry, bytes), subject }
    } catch (error) {
      // Whatever it is, it does not say that it is attached to something.
      if (isLadingError(error, 'bad-manifest', 'unsupported', 'too-large')) return undefined
      throw error
    }
  })
}

async function* each<T>(values: readonly T[]): AsyncGenerator<T, void, undefined> {
  yield* values
}

export interface AttachedEntries {
  readonly entries: readonly Entry[]
  /** The list of referrers that one of them names, where it was made. */
  readonly list?: { readonly node: Node; readonly bytes: Uint8Array }
}

/**
 * The entries with one attachment more; `undefined` where they have it. Its manifest is stored.
 *
 * @throws LadingError `tag-exists`, `precondition-failed` where its tag is not what it replaces
 */
export async function withAttachment(
  entries: readonly Entry[],
  subject: Digest,
  { node, ...place }: Attachment,
  read: ReadManifest,
  signal?: AbortSignal,
): Promise<AttachedEntries | undefined> {
  const name = place.by === 'tag' ? place.tag : referrersTag(subject)
  const there = entries.find(entry => nameOf(entry) === name)
  if (place.by === 'tag') {
    if (there?.digest === node.digest) return undefined
    checkExpectation(entries, name, place.replaces)
    return { entries: withNamed(entries, node, name) }
  }
  const bytes = addReferrer(there === undefined ? undefined : await read(toNode(there), signal), node)
  if (bytes === undefined) return undefined
  const list: Node = { kind: 'index', mediaType: ociIndex, digest: digestOf(bytes), size: bytes.byteLength }
  return { entries: withNamed(entries, list, name), list: { node: list, bytes } }
}
