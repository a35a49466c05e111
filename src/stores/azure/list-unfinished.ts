import type { ContainerClient } from '@azure/storage-blob'
import type { UnfinishedUpload } from '../object-store.ts'
import { abortable } from './abortable.ts'
import { findStagedBlocks } from './blocks.ts'
import { understoodPages } from './understood.ts'

const pageSize = 1000

/**
 * What has blocks and was never committed. Azure lists it among the objects, without a content type, so all of them are listed.
 *
 * None can be removed from here. Azure forgets them a week after the last block came. Delete Blob forgets them at once, and so would a
 * Put Blob that is deleted again; but a delete knows no condition that means "still not committed", so it would take away what its
 * writer commits at that moment, and a put would show an empty object under a digest.
 */
export async function* listUnfinished(
  container: ContainerClient,
  root: string,
  explained: <T>(action: () => Promise<T>) => Promise<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<UnfinishedUpload, void, undefined> {
  const listing = container.listBlobsFlat({ prefix: root, includeUncommitedBlobs: true, ...abortable(signal) })
  for await (const { segment } of understoodPages(listing.byPage({ maxPageSize: pageSize }))) {
    for (const { name, properties } of segment.blobItems) {
      if (properties.contentLength || properties.contentType) continue
      yield {
        key: name.slice(root.length),
        started: properties.createdOn,
        size: signal =>
          explained(async () => {
            const { staged } = await findStagedBlocks(container.getBlockBlobClient(name), signal)
            return [...staged.values()].reduce((sum, size) => sum + size, 0)
          }),
      }
    }
  }
}
