import type { Transport } from '../transport.ts'
import {
  type ContainersStorageReference,
  formatContainersStorageReference,
  parseContainersStorageReference,
} from './reference.ts'

/** Images in the storage of podman, buildah and CRI-O, through skopeo or podman. */
export const containersStorageTransport: Transport<ContainersStorageReference> = {
  name: 'containers-storage',
  prefixes: ['containers-storage:'],
  parse: parseContainersStorageReference,
  format: formatContainersStorageReference,
  openSource: async (reference, context) =>
    (await import('./source.ts')).openContainersStorageSource(reference, context),
  openDestination: async (reference, context) =>
    (await import('./destination.ts')).openContainersStorageDestination(reference, context),
  remove: async (reference, context) => (await import('./remove.ts')).removeStorageImage(reference, context),
}
