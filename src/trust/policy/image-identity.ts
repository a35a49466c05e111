import type { DockerName } from './docker-name.ts'

/** An image, as a policy names it. */
export interface ImageIdentity {
  /** The transport's name in a policy: `docker`, `oci`, `s3`. */
  readonly transport: string
  /** Its scopes, from the narrowest on; that of the whole transport is not among them. */
  readonly scopes: readonly string[]
  /** What it is called at a registry, where its transport tells that: what signatures are compared with. */
  readonly dockerName?: DockerName
}
