import { isStandardInput, isStandardOutput } from '../archive/archive-path.ts'
import type { Transport } from '../transport.ts'
import { type DockerArchiveReference, formatDockerArchiveReference, parseDockerArchiveReference } from './reference.ts'

/** Images in an archive, as `docker save` and `docker load` know it. */
export const dockerArchiveTransport: Transport<DockerArchiveReference> = {
  name: 'docker-archive',
  prefixes: ['docker-archive:'],
  parse: parseDockerArchiveReference,
  format: formatDockerArchiveReference,
  formatRepository: ({ path }) => `docker-archive:${path}`,
  writesStandardOutput: ({ path }) => isStandardOutput(path),
  readsStandardInput: ({ path }) => isStandardInput(path),
  openSource: async reference => (await import('./source.ts')).openDockerArchiveSource(reference),
  openDestination: async reference => (await import('./destination.ts')).openDockerArchiveDestination(reference),
}
