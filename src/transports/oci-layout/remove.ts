import { isLadingError, LadingError } from '../../errors/index.ts'
import { attachedTo } from '../../layout/index.ts'
import { isManifestNode, type Node } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'
import { childrenOf, parseManifest } from '../../model/manifest.ts'
import type { ObjectStore } from '../../stores/index.ts'
import type { RemovedImage } from '../remove-options.ts'
import type { TransportContext } from '../transport.ts'
import { imagesAmong, type ReadManifest } from './attached-entries.ts'
import { chooseEntry, type Entry, nameOf, toNode } from './layout-entries.ts'
import { blobKey, readStoredManifest } from './layout-files.ts'
import { conditionOf, indexKey, readLayoutIndex } from './layout-index.ts'
import { openLayoutStore } from './open-layout.ts'
import { type OciLayoutReference, ociPrefix } from './reference.ts'
import { notALayout } from './source.ts'

/**
 * Takes the entry, and what is attached to it by name, out of index.json, and then removes the blobs that nothing else in the layout names. Whoever stops it in between
 * leaves blobs that nobody needs, and no image without its blobs.
 *
 * Somebody who copies into the layout meanwhile MAY lose a blob that was there and that they counted on.
 *
 * @throws LadingError `image-not-found`, `bucket-not-found`; what a manifest that stays cannot be read for, before anything is removed
 */
export async function removeLayoutImage(
  reference: OciLayoutReference,
  { signal }: Pick<TransportContext, 'signal'>,
): Promise<RemovedImage> {
  await using store = await openLayoutStore(reference.path)
  for (;;) {
    const index = await readLayoutIndex(store, signal)
    if (index === undefined) throw notALayout(reference)
    const { manifests } = index.document
    const isNamed = reference.name !== undefined || reference.index !== undefined
    const read: ReadManifest = (node, within) => readStoredManifest(store, node, within)
    const images = isNamed ? manifests : await imagesAmong(manifests, read, signal)
    const entry = chooseEntry(images, reference, ociPrefix)
    const others = manifests.filter(other => other !== entry)
    const { rest, going } = await withoutAttached(store, others, entry, signal)
    const kept = await digestsBelow(store, rest.map(nodeOf), signal)
    const gone = await digestsBelow(store, [toNode(entry), ...going.map(nodeOf)], signal)
    const next = new TextEncoder().encode(JSON.stringify({ ...index.document, manifests: rest }))
    try {
      await store.put(indexKey, next, { signal, ...conditionOf(index) })
    } catch (error) {
      // Somebody else changed index.json meanwhile: what they wrote is looked at too.
      if (isLadingError(error, 'precondition-failed')) continue
      throw error
    }
    for (const digest of gone) if (!kept.has(digest)) await store.delete(blobKey(digest), { signal })
    return { digest: entry.digest }
  }
}

/** What is attached to an image that goes, and to nothing that stays, goes too; and what is attached to that. */
async function withoutAttached(
  store: ObjectStore,
  others: readonly Entry[],
  entry: Entry,
  signal: AbortSignal | undefined,
): Promise<{ readonly rest: readonly Entry[]; readonly going: readonly Entry[] }> {
  const subjectOf = (one: Entry) => attachedTo(nameOf(one) ?? '')
  const staying = others.filter(one => subjectOf(one) === undefined)
  const waiting = new Set(others.filter(one => subjectOf(one) !== undefined))
  const take = async (below: Set<Digest>, taken: Entry[]) => {
    for (let found = true; found; ) {
      found = false
      for (const one of waiting) {
        const subject = subjectOf(one)
        if (subject === undefined || !below.has(subject)) continue
        waiting.delete(one)
        taken.push(one)
        for (const digest of await digestsBelow(store, [nodeOf(one)], signal)) below.add(digest)
        found = true
      }
    }
  }
  await take(new Set(await digestsBelow(store, staying.map(nodeOf), signal)), staying)
  const going: Entry[] = []
  await take(new Set(await digestsBelow(store, [toNode(entry)], signal)), going)
  return { rest: others.filter(one => !going.includes(one)), going }
}

/** An entry of another kind of content is a blob, and names nothing. */
function nodeOf(entry: Entry): Node {
  try {
    return toNode(entry)
  } catch (error) {
    if (!isLadingError(error, 'unsupported')) throw error
    const { mediaType, digest, size } = entry
    return { kind: 'blob', mediaType, digest, size }
  }
}

/** Everything that the roots name, themselves included. A manifest that the layout has not names what nobody knows. */
async function digestsBelow(
  store: ObjectStore,
  roots: readonly Node[],
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<Digest>> {
  const digests = new Set<Digest>()
  const waiting = [...roots]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (digests.has(node.digest)) continue
    digests.add(node.digest)
    if (!isManifestNode(node)) continue
    const bytes = await readStoredManifest(store, node, signal)
    if (bytes !== undefined) waiting.push(...childrenIn(node, bytes))
  }
  return digests
}

function childrenIn({ digest, mediaType }: Node, bytes: Uint8Array): readonly Node[] {
  try {
    return childrenOf(parseManifest(bytes, mediaType))
  } catch (error) {
    if (!isLadingError(error)) throw error
    throw new LadingError(error.code, `which blobs are still needed cannot be told: ${digest}: ${error.message}`, {
      cause: error,
      hint: 'nothing was removed',
    })
  }
}
