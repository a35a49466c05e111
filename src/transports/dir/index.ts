import type { Transport } from '../transport.ts'
import { type DirReference, formatDirReference, parseDirReference } from './reference.ts'

/** One image as plain files in a directory, as skopeo writes it. */
export const dirTransport: Transport<DirReference> = {
  name: 'dir',
  prefixes: ['dir:'],
  parse: parseDirReference,
  format: formatDirReference,
  openSource: async reference => (await import('./source.ts')).openDirSource(reference),
  openDestination: async (reference, context) =>
    (await import('./destination.ts')).openDirDestination(reference, context),
}
