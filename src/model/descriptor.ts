import type { Digest } from './digest.ts'
import type { Platform } from './platform.ts'

/** What names content: OCI image specification, descriptor.md. */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
  readonly platform?: Platform
  readonly annotations?: Readonly<Record<string, string>>
  readonly artifactType?: string
  /** Where else the bytes are: for a foreign layer, the places that may give it away. */
  readonly urls?: readonly string[]
}

/** A descriptor and its role in its parent. The role decides how it is read and written, never the media type alone. */
export interface Node extends Descriptor {
  readonly kind: NodeKind
}

/** `blob` is content of an index that is neither an index nor a manifest. */
export type NodeKind = 'index' | 'manifest' | 'config' | 'layer' | 'blob'

/** Whether the node is a document that names other content, and that registries keep under `/manifests/`. */
export function isManifestNode(node: Node): boolean {
  return node.kind === 'index' || node.kind === 'manifest'
}
