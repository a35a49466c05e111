import type { BlobClient } from '@azure/storage-blob'
import type { DeleteOptions } from '../object-store.ts'
import { abortable } from './abortable.ts'
import { conditionsOf } from './blob-info.ts'
import { isAbsent, isLost } from './refusal.ts'

/** Removes an object with its snapshots, which Azure would otherwise refuse to leave behind. */
export async function deleteBlob(blob: BlobClient, options: DeleteOptions): Promise<void> {
  const abort = abortable(options.signal)
  try {
    await blob.delete({ conditions: conditionsOf(options), deleteSnapshots: 'include', ...abort })
  } catch (error) {
    if (isAbsent(error)) return
    // An absent object has no etag to match, but absent is what is wanted.
    if (isLost(error) && !(await blob.exists(abort))) return
    throw error
  }
}
