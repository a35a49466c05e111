import { LadingError } from '../../errors/index.ts'
import type { Digest } from '../../model/digest.ts'
import { bytesOf } from '../../streams/index.ts'
import { openStreamOutput, type StreamOutput } from '../archive/stream-output.ts'
import { withEntry } from '../oci-layout/layout-entries.ts'
import { blobKey } from '../oci-layout/layout-files.ts'
import { type ImageDestination, keepsEverything } from '../transport.ts'
import { ArchivedAttachments } from './attached.ts'
import { type BlobWriter, openBlobWriter } from './blob-writer.ts'
import { formatOciArchiveReference, type OciArchiveReference } from './reference.ts'

/** Writes an archive to standard output, a pipe or a device. A failed push ends it: what is out cannot be taken back. */
export function streamDestination(reference: OciArchiveReference): ImageDestination {
  const name = formatOciArchiveReference(reference)
  let opening: Promise<{ output: StreamOutput; blobs: BlobWriter }> | undefined
  let committed: Digest | undefined
  const attached = new ArchivedAttachments()
  // Not before there is something to write: a pipe waits for its reader.
  const open = () => {
    opening ??= openStreamOutput(reference.path).then(async output => ({
      output,
      blobs: await openBlobWriter(output.writer),
    }))
    return opening
  }
  return {
    name,
    traits: keepsEverything,
    current: async () => committed,
    has: async ({ digest, size }) => (await opening)?.blobs.find(blobKey(digest))?.size === size,
    manifest: async () => undefined,
    async push(node, bytes, signal) {
      const { blobs } = await open()
      await blobs.push(node, bytes, signal)
    },
    async *attachments(subject) {
      yield* attached.of(subject)
    },
    async attach(subject, attachment, bytes, signal) {
      const { blobs } = await open()
      await blobs.push(attachment.node, bytesOf(bytes), signal)
      attached.add(subject, attachment)
    },
    async checkCommit(_root, { expect }) {
      if (expect === undefined || expect === 'absent') return
      throw new LadingError('unsupported', `${reference.path} is a stream: no image is there that could be ${expect}`)
    },
    async commit(root, bytes, _options, signal) {
      if (committed === root.digest) return { changed: false, previous: committed }
      const { output, blobs } = await open()
      await blobs.push(root, bytesOf(bytes), signal)
      await blobs.addIndex(await attached.addTo(withEntry([], root, reference.name), blobs, signal))
      await output.writer.finish()
      committed = root.digest
      return { changed: true }
    },
    async [Symbol.asyncDispose]() {
      const opened = await opening?.catch(() => undefined)
      opened?.output.writer.fail(new LadingError('interrupted', 'the archive was given up'))
      await opened?.output[Symbol.asyncDispose]()
    },
  }
}
