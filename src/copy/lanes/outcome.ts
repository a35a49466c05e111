import type { ErrorCode, Side, Tried } from '../../errors/index.ts'
import type { StoredParts } from '../../stores/index.ts'

/** Something that is tried again, and why. */
export interface Retry {
  readonly attempt: number
  readonly waitSeconds: number
  readonly reason: string
}

/** How a transfer ended. */
export type Outcome =
  /** `parts` of a relay: what is to be made one object. */
  | { readonly kind: 'done'; readonly parts?: StoredParts }
  | { readonly kind: 'declined'; readonly why: string }
  /** The bytes have another digest. */
  | { readonly kind: 'wrong' }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'failed'; readonly error: FailureRecord }

/** A LadingError as data. */
export interface FailureRecord {
  readonly code: ErrorCode
  readonly message: string
  readonly hint: string | undefined
  readonly status: number | undefined
  readonly side: Side
  readonly tried: Tried | undefined
}
