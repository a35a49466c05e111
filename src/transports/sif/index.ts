import type { Transport } from '../transport.ts'
import { formatSifReference, parseSifReference, type SifReference } from './reference.ts'

/** Images of Apptainer and Singularity. They are read only: what runs them builds them. */
export const sifTransport: Transport<SifReference> = {
  name: 'sif',
  prefixes: ['sif:'],
  parse: parseSifReference,
  format: formatSifReference,
  openSource: async (reference, context) => (await import('./source.ts')).openSifSource(reference, context),
}
