import type { Transport } from '../transport.ts'
import { type DockerDaemonReference, formatDockerDaemonReference, parseDockerDaemonReference } from './reference.ts'

/** Images of a Docker daemon, or of podman's service, which speaks Docker's API. */
export const dockerDaemonTransport: Transport<DockerDaemonReference> = {
  name: 'docker-daemon',
  prefixes: ['docker-daemon:'],
  parse: parseDockerDaemonReference,
  format: formatDockerDaemonReference,
  openSource: async (reference, context) => (await import('./source.ts')).openDockerDaemonSource(reference, context),
  openDestination: async (reference, context) =>
    (await import('./destination.ts')).openDockerDaemonDestination(reference, context),
  remove: async (reference, context) => (await import('./remove.ts')).removeDaemonImage(reference, context),
}
