import { LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'
import { bytesOf } from '../../streams/index.ts'
import { attachmentsAmong, type ReadManifest } from '../oci-layout/attached-entries.ts'
import { checkExpectation, currentDigest, withEntry } from '../oci-layout/layout-entries.ts'
import { blobKey, readStoredManifest } from '../oci-layout/layout-files.ts'
import { type Expectation, type ImageDestination, keepsEverything } from '../transport.ts'
import { type ArchiveDraft, openArchiveDraft } from './archive-draft.ts'
import { ArchivedAttachments } from './attached.ts'
import { type ExistingArchive, openExistingArchive } from './existing-archive.ts'
import { keptEntries } from './kept-entries.ts'
import { formatOciArchiveReference, type OciArchiveReference } from './reference.ts'

/**
 * Writes an archive beside `path` and gives it that name whole. It replaces what is there: other images of the old archive go.
 *
 * What the old archive has of the new image is taken over from it, and so need not come from the source.
 */
export function fileDestination(reference: OciArchiveReference, path: string): ImageDestination {
  let existing: Promise<ExistingArchive> | undefined
  let draft: Promise<ArchiveDraft> | undefined
  /** What was said to be there because the old archive has it. */
  const carried = new Map<Digest, Node>()
  /** What was said to be attached because it is in the old archive, and what is attached now. */
  const attached = new ArchivedAttachments()

  const openExisting = (signal?: AbortSignal) => {
    existing ??= openExistingArchive(path, signal).catch((error: unknown) => {
      existing = undefined
      throw error
    })
    return existing
  }
  const openDraft = () => {
    draft ??= openArchiveDraft(path)
    return draft
  }
  const close = async () => {
    const open = [draft, existing]
    draft = undefined
    existing = undefined
    carried.clear()
    for (const each of open) await (await each?.catch(() => undefined))?.[Symbol.asyncDispose]()
  }
  const checkExpected = ({ present, entries }: ExistingArchive, expect: Expectation | undefined) => {
    if (expect === undefined) return
    checkExpectation(entries, reference.name, expect)
    if (expect !== 'absent') {
      throw new LadingError('unsupported', 'an archive cannot be replaced on the condition that nobody else does so', {
        hint: 'an OCI layout (oci:) and a bucket can',
      })
    }
    if (present) {
      throw new LadingError('tag-exists', `the archive exists, and all of it would be replaced`, {
        hint: 'choose another path',
      })
    }
  }

  return {
    name: formatOciArchiveReference(reference),
    traits: keepsEverything,
    current: async signal => currentDigest((await openExisting(signal)).entries, reference.name),
    async has(node, signal) {
      if ((await draft)?.blobs.find(blobKey(node.digest))?.size === node.size) return true
      const { layout } = await openExisting(signal)
      if ((await layout?.sizeOf(blobKey(node.digest), signal)) !== node.size) return false
      carried.set(node.digest, node)
      return true
    },
    async manifest(node, signal) {
      const written = await draft
      if (written?.blobs.find(blobKey(node.digest)) !== undefined)
        return await readStoredManifest(written.layout, node, signal)
      const { layout } = await openExisting(signal)
      const bytes = layout === undefined ? undefined : await readStoredManifest(layout, node, signal)
      if (bytes !== undefined) carried.set(node.digest, node)
      return bytes
    },
    async push(node, bytes, signal) {
      const { blobs } = await openDraft()
      await blobs.push(node, bytes, signal)
    },
    async pushDraft(layer, signal) {
      const { blobs } = await openDraft()
      await blobs.pushDraft(layer, signal)
    },
    async *attachments(subject, signal) {
      const { entries, layout } = await openExisting(signal)
      if (layout !== undefined && attached.of(subject).length === 0) {
        const read: ReadManifest = (node, within) => readStoredManifest(layout, node, within)
        for await (const there of attachmentsAmong(entries, subject, read, signal)) attached.add(subject, there)
      }
      yield* attached.of(subject)
    },
    async attach(subject, attachment, bytes, signal) {
      const { blobs } = await openDraft()
      await blobs.push(attachment.node, bytesOf(bytes), signal)
      attached.add(subject, attachment)
    },
    async checkCommit(root, { expect }, signal) {
      const there = await openExisting(signal)
      if (currentDigest(there.entries, reference.name) !== root.digest) checkExpected(there, expect)
    },
    async commit(root, bytes, { expect, absent = [] }, signal) {
      const there = await openExisting(signal)
      const previous = currentDigest(there.entries, reference.name)
      const named = previous === root.digest
      // Of an image that was there in part, what was pushed is not in the old archive.
      if (named && draft === undefined) return { changed: false, previous }
      if (!named) checkExpected(there, expect)
      const { blobs, carryOver, publish } = await openDraft()
      const { layout } = there
      if (layout !== undefined) {
        const kept = [...absent, ...attached.all().map(({ node }) => node)]
        for (const node of await keptEntries(kept, layout, signal)) carried.set(node.digest, node)
        for (const node of carried.values()) await carryOver(node, layout, signal)
      }
      await blobs.push(root, bytesOf(bytes), signal)
      await blobs.addIndex(await attached.addTo(withEntry([], root, reference.name), blobs, signal))
      await publish({ exclusive: expect === 'absent' && !named })
      await close()
      return { changed: !named, ...(previous === undefined ? {} : { previous }) }
    },
    [Symbol.asyncDispose]: close,
  }
}
