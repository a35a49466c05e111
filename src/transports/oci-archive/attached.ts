import type { Node } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'
import { bytesOf } from '../../streams/index.ts'
import { withAttachment } from '../oci-layout/attached-entries.ts'
import type { Entry } from '../oci-layout/layout-entries.ts'
import type { Attachment } from '../transport.ts'
import type { BlobWriter } from './blob-writer.ts'

/** What is attached in an archive that is being written: it stands in index.json, which is written once. */
export class ArchivedAttachments {
  readonly #places = new Map<string, { readonly subject: Digest; readonly attachment: Attachment }>()

  /** In the place of one that has the same tag. */
  add(subject: Digest, given: Attachment): void {
    // it is written once, and nobody else writes it
    const { by, node } = given
    const attachment: Attachment = by === 'tag' ? { by, tag: given.tag, node } : given
    const key = attachment.by === 'tag' ? attachment.tag : `${subject} ${attachment.node.digest}`
    this.#places.set(key, { subject, attachment })
  }

  of(subject: Digest): readonly Attachment[] {
    return [...this.#places.values()].filter(one => one.subject === subject).map(({ attachment }) => attachment)
  }

  all(): readonly Attachment[] {
    return [...this.#places.values()].map(({ attachment }) => attachment)
  }

  /** The entries with those of all attachments, whose manifests are written; writes the lists of referrers that they name. */
  async addTo(entries: readonly Entry[], blobs: BlobWriter, signal?: AbortSignal): Promise<readonly Entry[]> {
    const lists = new Map<string, { readonly node: Node; readonly bytes: Uint8Array }>()
    let all = entries
    for (const { subject, attachment } of this.#places.values()) {
      const changed = await withAttachment(all, subject, attachment, async ({ digest }) => lists.get(digest)?.bytes)
      if (changed === undefined) continue
      all = changed.entries
      if (changed.list !== undefined) lists.set(changed.list.node.digest, changed.list)
    }
    const named = new Set(all.map(({ digest }) => digest))
    for (const { node, bytes } of lists.values()) {
      // a list that another one took the place of is named by nothing
      if (named.has(node.digest)) await blobs.push(node, bytesOf(bytes), signal)
    }
    return all
  }
}
