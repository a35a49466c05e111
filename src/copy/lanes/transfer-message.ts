import type { ErrorCode } from '../../errors/index.ts'
import type { DirectRequest } from '../../http/index.ts'
import type { DownloadTask } from './download.ts'

/** What a thread is told. */
export type Order =
  | { readonly type: 'download'; readonly id: number; readonly task: DownloadTask }
  | { readonly type: 'located'; readonly id: number; readonly request: DirectRequest | undefined }
  | { readonly type: 'abort'; readonly id: number }

/** What a thread tells. */
export type Report =
  | { readonly type: 'progress'; readonly id: number; readonly bytes: number }
  | {
      readonly type: 'retried'
      readonly id: number
      readonly attempt: number
      readonly waitSeconds: number
      readonly reason: string
    }
  | { readonly type: 'relocate'; readonly id: number }
  | { readonly type: 'ended'; readonly id: number; readonly outcome: Outcome }

/** How a transfer ended. */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'declined'; readonly why: string }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'failed'; readonly error: FailureRecord }

/** A LadingError as data. */
export interface FailureRecord {
  readonly code: ErrorCode
  readonly message: string
  readonly hint: string | undefined
  readonly status: number | undefined
}
