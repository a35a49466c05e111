import { isStandardInput, isStandardOutput } from '../archive/archive-path.ts'
import type { Transport } from '../transport.ts'
import { formatOciArchiveReference, type OciArchiveReference, parseOciArchiveReference } from './reference.ts'

/** Images in a tar archive of an OCI image layout. */
export const ociArchiveTransport: Transport<OciArchiveReference> = {
  name: 'oci-archive',
  prefixes: ['oci-archive:'],
  parse: parseOciArchiveReference,
  format: formatOciArchiveReference,
  formatRepository: ({ path }) => `oci-archive:${path}`,
  writesStandardOutput: ({ path }) => isStandardOutput(path),
  readsStandardInput: ({ path }) => isStandardInput(path),
  openSource: async reference => (await import('./source.ts')).openOciArchiveSource(reference),
  openDestination: async reference => (await import('./destination.ts')).openOciArchiveDestination(reference),
}
