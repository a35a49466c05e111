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
  remove: async (reference, context, options) => (await import('./remove.ts')).removeTag(reference, context, options),
  removesTags: true,
}
