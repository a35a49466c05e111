import type { NodeKind } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'

/** Something that an image needs and the bucket does not have whole. */
export interface ImageFlaw {
  readonly digest: Digest
  readonly kind: NodeKind
  /** Bytes, as whoever names it says. */
  readonly size: number
  /** Of the platform manifest that needs it, where an index names one. */
  readonly platform?: string
  readonly flaw: 'missing' | 'wrong-size' | 'damaged'
  /** Of the object that is there. */
  readonly actualSize?: number
  /** Of what is damaged: how it shows. */
  readonly why?: string
}

/** What was found out about an image. */
export interface ImageVerdict {
  readonly flaws: readonly ImageFlaw[]
  /** Layers that s3lo 2 holds as chunks: it can read them. */
  readonly chunked: number
  /** Layers that are not here, and whose descriptors say where else they are. */
  readonly foreign: number
}

/** How a blob is held. */
export type BlobState =
  | { readonly state: 'whole' | 'missing' | 'chunked' }
  | { readonly state: 'wrong-size'; readonly actualSize: number }
  | { readonly state: 'damaged'; readonly why: string }
