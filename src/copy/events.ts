import type { NodeKind } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'

/**
 * What happens during a copy, in the order it happens. Listeners cannot change the outcome.
 *
 * `progress` carries the bytes since the last one of that blob.
 */
export type CopyEvent =
  | { readonly type: 'planned'; readonly blobs: number; readonly bytes: number }
  | { readonly type: 'started'; readonly digest: Digest; readonly kind: NodeKind; readonly size: number }
  | { readonly type: 'progress'; readonly digest: Digest; readonly bytes: number }
  | {
      readonly type: 'copied' | 'mounted' | 'skipped'
      readonly digest: Digest
      readonly kind: NodeKind
      readonly size: number
    }
  | {
      readonly type: 'retried'
      readonly subject: string
      readonly attempt: number
      readonly waitSeconds: number
      readonly reason: string
    }
  | { readonly type: 'committed'; readonly name: string; readonly digest: Digest }
  | { readonly type: 'warning'; readonly message: string }
