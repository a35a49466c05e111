import type { Access } from '../../auth/index.ts'
import type { RegistryClient } from './registry-client.ts'

/** A repository of a registry, and what is wanted of it. */
export interface Repository {
  readonly client: RegistryClient
  readonly access: Access
}
