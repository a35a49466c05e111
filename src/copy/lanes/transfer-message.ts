import type { DirectRequest, HttpRequest, RequestEvent, Timeouts } from '../../http/index.ts'
import type { PartToSend } from '../../stores/index.ts'
import type { DownloadTask } from './download.ts'
import type { Outcome, Retry } from './outcome.ts'
import type { RelayTask } from './relay.ts'

export type TransferTask = ({ readonly kind: 'download' } & DownloadTask) | ({ readonly kind: 'relay' } & RelayTask)

/** What a thread asks while it moves a blob: for another request for the same bytes, or for a part as a request. */
export type Question = { readonly kind: 'relocate' } | { readonly kind: 'sign'; readonly part: PartToSend }

/** What a thread is told when it begins. */
export interface ThreadSettings {
  /** How often a server is asked that answers "not now". */
  readonly attempts: number
  /** Where they are not the usual ones. */
  readonly timeouts: Partial<Timeouts> | undefined
  /** Whether anybody hears of its requests. */
  readonly tellsRequests: boolean
}

/** What a thread is told. */
export type Order =
  | { readonly type: 'move'; readonly id: number; readonly task: TransferTask }
  | { readonly type: 'answer'; readonly question: number; readonly answer: DirectRequest | HttpRequest | undefined }
  | { readonly type: 'abort'; readonly id: number }
  /** Others have heard from a host that there are too many requests. */
  | { readonly type: 'congested'; readonly host: string }

/** What a thread tells. */
export type Report =
  /** It has begun. */
  | { readonly type: 'ready' }
  | { readonly type: 'request'; readonly event: RequestEvent }
  | { readonly type: 'congested'; readonly host: string }
  | { readonly type: 'progress'; readonly id: number; readonly bytes: number }
  | ({ readonly type: 'retried'; readonly id: number } & Retry)
  | {
      readonly type: 'stored'
      readonly id: number
      readonly part: number
      readonly etag: string
      readonly state: string | undefined
    }
  | { readonly type: 'question'; readonly id: number; readonly number: number; readonly question: Question }
  | { readonly type: 'ended'; readonly id: number; readonly outcome: Outcome }
