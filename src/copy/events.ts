import type { NodeKind } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'

/** What happens during a copy, as it happens. Progress, JSON lines and metrics are renderings of it; a listener changes nothing. */
export type CopyEvent =
  /** What is to be moved; sent before the first byte, and again where more is found: the last one counts. */
  | { readonly type: 'planned'; readonly blobs: number; readonly bytes: number }
  /** Without `digest` it is a layer that comes from a source that is read once, one at a time, and whose digest follows from its bytes. */
  | { readonly type: 'started'; readonly digest?: Digest; readonly kind: NodeKind; readonly size: number }
  /** `bytes` more of a started node have passed. A byte that is read again is not counted again. */
  | { readonly type: 'progress'; readonly digest?: Digest; readonly bytes: number }
  | {
      /** `mounted`: taken by the destination from where it lives. `skipped`: there already. `verified`: read where it is, whatever that showed. */
      readonly type: 'copied' | 'mounted' | 'skipped' | 'verified'
      readonly digest: Digest
      readonly kind: NodeKind
      readonly size: number
      /** The layer that this one was made of, by compressing or unpacking it. */
      readonly from?: Digest
    }
  | {
      readonly type: 'retried'
      readonly subject: string
      /** The attempt that failed, from 1. */
      readonly attempt: number
      readonly waitSeconds: number
      readonly reason: string
      /** The whole copy begins anew: what it had planned and started counts no more. */
      readonly whole?: true
    }
  | { readonly type: 'committed'; readonly name: string; readonly digest: Digest }
  | { readonly type: 'warning'; readonly message: string }

export type CopyListener = (event: CopyEvent) => void
