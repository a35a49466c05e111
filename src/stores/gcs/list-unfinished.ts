import type { UnfinishedUpload } from '../object-store.ts'
import type { BucketAddress } from './bucket-address.ts'
import type { GcsClient } from './gcs-client.ts'
import { listUploads } from './list-uploads.ts'
import { MultipartUpload } from './multipart-upload.ts'

/** Every multipart upload below the store's prefix. How much one holds costs a request for every thousand of its parts. */
export async function* listUnfinished(
  client: GcsClient,
  address: BucketAddress,
  signal: AbortSignal | undefined,
): AsyncGenerator<UnfinishedUpload, void, undefined> {
  for await (const { name, id, started } of listUploads(client, address, address.prefix, signal)) {
    const upload = new MultipartUpload(client, address, name, id)
    yield {
      key: name.slice(address.prefix.length),
      started,
      size: async signal => {
        const parts = await upload.parts(signal)
        return parts && [...parts.values()].reduce((sum, { size }) => sum + size, 0)
      },
      remove: signal => upload.abort(signal),
    }
  }
}
