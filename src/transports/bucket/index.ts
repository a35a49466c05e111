import { LadingError } from '../../errors/index.ts'
import type { Transport } from '../transport.ts'
import { type BucketReference, bucketSchemes, formatBucketReference, parseBucketReference } from './reference.ts'

/** Images in an object store in the layout of `src/layout`: one transport, every store. */
export const bucketTransport: Transport<BucketReference> = {
  name: 'bucket',
  prefixes: bucketSchemes.map(scheme => `${scheme}://`),
  parse: parseBucketReference,
  format: formatBucketReference,
  openSource: async (reference, context) => (await import('./source.ts')).openBucketSource(reference, context),
  openDestination: async (reference, context) =>
    (await import('./destination.ts')).openBucketDestination(reference, context),
  async remove() {
    throw new LadingError('unsupported', 'images of a bucket cannot be deleted yet', {
      hint: 'a tag has a history, and blobs are shared by all images of the bucket: remove no objects by hand',
    })
  },
}
