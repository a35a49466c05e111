import type { Transport } from '../transport.ts'
import { formatTarballReference, parseTarballReference, standardInput, type TarballReference } from './reference.ts'

/** Images made of tar archives, a layer of each. */
export const tarballTransport: Transport<TarballReference> = {
  name: 'tarball',
  prefixes: ['tarball:'],
  parse: text => parseTarballReference(text),
  format: formatTarballReference,
  readsStandardInput: ({ paths }) => paths.includes(standardInput),
  openSource: async (reference, { temporaryFolder }) =>
    (await import('./source.ts')).openTarballSource(reference, temporaryFolder),
}
