import { isLadingError } from '../../errors/index.ts'
import type { UnfinishedUpload } from '../object-store.ts'
import type { S3Connection } from './s3-connection.ts'
import { giveUp, listUploads, partsOf } from './unfinished-upload.ts'

/** Every upload below the store's prefix. How much one holds costs a request for every thousand of its parts. */
export async function* listUnfinished(
  connection: S3Connection,
  signal: AbortSignal | undefined,
): AsyncGenerator<UnfinishedUpload, void, undefined> {
  for await (const { key, id, started } of listUploads(connection, '', signal)) {
    yield {
      key,
      started,
      size: signal => sizeOf(connection, key, id, signal),
      remove: signal => giveUp(connection, key, id, signal),
    }
  }
}

async function sizeOf(
  connection: S3Connection,
  key: string,
  id: string,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  try {
    const parts = await partsOf(connection, key, id, signal)
    return [...parts.values()].reduce((sum, { size }) => sum + size, 0)
  } catch (error) {
    // Finished or given up meanwhile, or who asks may not look.
    if (isLadingError(error, 'blob-not-found', 'denied', 'unsupported')) return undefined
    throw error
  }
}
