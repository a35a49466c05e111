import type { Transport } from '../transport.ts'
import { formatRegistryReference, parseRegistryReference, type RegistryReference } from './reference.ts'

/** Images in a registry that speaks the OCI distribution specification 1.1. */
export const registryTransport: Transport<RegistryReference> = {
  name: 'registry',
  prefixes: ['docker://'],
  parse: parseRegistryReference,
  format: formatRegistryReference,
  formatRepository: ({ registry, repository }) => `${registry}/${repository}`,
  openSource: async (reference, context) => (await import('./open-source.ts')).openRegistrySource(reference, context),
  openDestination: async (reference, context) =>
    (await import('./destination.ts')).openRegistryDestination(reference, context),
  remove: async (reference, context) => (await import('./remove.ts')).removeRegistryImage(reference, context),
}
