import { isLadingError, LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import { verify } from '../../streams/index.ts'
import { type FileOutput, openFileOutput } from '../archive/file-output.ts'
import { fetchBlob, type LayoutFiles } from '../oci-layout/layout-files.ts'
import { type BlobWriter, openBlobWriter } from './blob-writer.ts'

/** The archive that is to be, in a file of its own. */
export interface ArchiveDraft extends AsyncDisposable {
  readonly blobs: BlobWriter
  /** The blobs that are written already. */
  readonly layout: LayoutFiles
  /** Takes a blob over from the archive that this one replaces. */
  carryOver(node: Node, from: LayoutFiles, signal?: AbortSignal): Promise<void>
  publish: FileOutput['publish']
}

export async function openArchiveDraft(path: string): Promise<ArchiveDraft> {
  const output = await openFileOutput(path)
  try {
    const blobs = await openBlobWriter(output.writer)
    return {
      blobs,
      layout: {
        async get(key, { signal } = {}) {
          const found = blobs.find(key)
          if (found === undefined) throw new LadingError('blob-not-found', `${key} was not written`)
          return { info: { size: found.size }, body: output.read(found.start, found.start + found.size, signal) }
        },
      },
      async carryOver(node, from, signal) {
        try {
          await blobs.push(node, { open: () => verify(fetchBlob(from, node, undefined, signal), node) }, signal)
        } catch (error) {
          if (!isLadingError(error, 'digest-mismatch', 'size-mismatch')) throw error
          throw new LadingError(error.code, `the archive that is there is damaged: ${error.message}`, {
            hint: `remove ${path}, and copy again`,
            cause: error,
          })
        }
      },
      publish: output.publish,
      [Symbol.asyncDispose]: () => output[Symbol.asyncDispose](),
    }
  } catch (error) {
    await output[Symbol.asyncDispose]()
    throw error
  }
}
