import type { Transport } from '../transport.ts'
import { formatOciLayoutReference, type OciLayoutReference, parseOciLayoutReference } from './reference.ts'

/** Images in a directory in the OCI image layout (image-layout.md). */
export const ociLayoutTransport: Transport<OciLayoutReference> = {
  name: 'oci-layout',
  prefixes: ['oci:'],
  parse: parseOciLayoutReference,
  format: formatOciLayoutReference,
  formatRepository: ({ path }) => `oci:${path}`,
  openSource: async (reference, { sharedBlobDir }) =>
    (await import('./source.ts')).openOciLayoutSource(reference, sharedBlobDir),
  openDestination: async (reference, { sharedBlobDir }) =>
    (await import('./destination.ts')).openOciLayoutDestination(reference, sharedBlobDir),
  remove: async (reference, context) => (await import('./remove.ts')).removeLayoutImage(reference, context),
}
