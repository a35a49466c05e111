import { LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import { ociIndex } from '../../model/media-types.ts'
import { type Bytes, bytesOf, type Draft } from '../../streams/index.ts'
import type { FileExtent, TarFileWriter, TarWriter } from '../../streams/tar/index.ts'
import type { Entry } from '../oci-layout/layout-entries.ts'
import { blobKey } from '../oci-layout/layout-files.ts'
import { indexKey, layoutMarker, markerKey } from '../oci-layout/layout-index.ts'

/** The blobs of a layout that is written into an archive: each once, however often it is pushed. */
export interface BlobWriter {
  /** Where the blob of this key is, once it is written. */
  find(key: string): FileExtent | undefined
  /** @throws what the bytes throw; the blob is then absent */
  push(node: Node, bytes: Bytes, signal?: AbortSignal): Promise<void>
  /** Only into a file. @throws what the draft throws; nothing is written then */
  pushDraft(draft: Draft, signal?: AbortSignal): Promise<void>
  /** Writes index.json, which makes the blobs an image. */
  addIndex(entries: readonly Entry[]): Promise<void>
}

/** Takes back a draft that proved to be a blob that is there. */
const repeated = Symbol('repeated')

/** Begins a layout. The entry that shows what the archive is comes first. */
export async function openBlobWriter(writer: TarWriter | TarFileWriter): Promise<BlobWriter> {
  const stored = new Map<string, FileExtent>()
  const pending = new Map<string, Promise<void>>()
  const addDocument = async (name: string, bytes: Uint8Array) => {
    await writer.add({ name, size: bytes.byteLength }, bytesOf(bytes))
  }
  const add = async (key: string, size: number, bytes: Bytes, signal: AbortSignal | undefined) => {
    const { start } = await writer.add({ name: key, size }, bytes, signal)
    stored.set(key, { start, size })
  }
  await addDocument(markerKey, layoutMarker())
  return {
    find: key => stored.get(key),
    async push({ digest, size }, bytes, signal) {
      const key = blobKey(digest)
      // Where another's push fails, this one's bytes may be good.
      for (let other = pending.get(key); other !== undefined; other = pending.get(key)) await other.catch(() => {})
      if (stored.has(key)) return
      const adding = add(key, size, bytes, signal)
      pending.set(key, adding)
      try {
        await adding
      } finally {
        pending.delete(key)
      }
    },
    async pushDraft(draft, signal) {
      if (!('addDraft' in writer)) throw new LadingError('internal', 'a stream was given a blob of unknown size')
      try {
        const { start } = await writer.addDraft(
          () => {
            const key = blobKey(draft.digest())
            if (stored.has(key)) throw repeated
            return key
          },
          draft,
          signal,
        )
        stored.set(blobKey(draft.digest()), { start, size: draft.size })
      } catch (error) {
        if (error !== repeated) throw error
      }
    },
    addIndex: entries =>
      addDocument(
        indexKey,
        new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests: entries })),
      ),
  }
}
