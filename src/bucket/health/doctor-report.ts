import type { ErrorCode } from '../../errors/index.ts'
import type { Digest } from '../../model/digest.ts'
import type { ImageFlaw } from './image-flaw.ts'

/** `note`: worth knowing. `warning`: worth changing. `failed`: the bucket is not healthy. */
export type CheckState = 'ok' | 'note' | 'warning' | 'failed' | 'skipped'

/** What a check found. */
export interface Finding {
  readonly state: CheckState
  readonly message: string
  readonly hint?: string
  /** Why it could not be made. */
  readonly code?: ErrorCode
  /** What the message counts. */
  readonly counts?: Readonly<Record<string, number>>
  /** The first few of what it is about. */
  readonly names?: readonly string[]
}

export type CheckName =
  | 'access'
  | 'permissions'
  | 'conditions'
  | 'clock'
  | 'layout'
  | 'configuration'
  | 'content'
  | 'tags'
  | 'history'
  | 'referrers'
  | 'signatures'
  | 'chunks'
  | 'orphans'
  | 'trash'
  | 'uploads'
  | 'leases'
  | 'layers'

export interface DoctorCheck extends Finding {
  readonly name: CheckName
}

/** A tag that cannot be pulled whole. */
export interface IncompleteTag {
  readonly image: string
  readonly tag: string
  readonly digest: Digest
  readonly flaws: readonly ImageFlaw[]
}

/** A blob that does not have the digest it is kept under. */
export interface DamagedBlob {
  readonly digest: Digest
  /** Of the object. */
  readonly size: number
  readonly why: string
}

/** What was found out about a bucket. */
export interface DoctorReport {
  readonly bucket: string
  /** No check failed. */
  readonly healthy: boolean
  readonly checks: readonly DoctorCheck[]
  /** Absent where the tags could not be looked at. */
  readonly tags?: { readonly checked: number; readonly incomplete: number }
  /** The first thousand. */
  readonly incomplete: readonly IncompleteTag[]
  /** With `verify`: the first thousand blobs whose bytes are wrong. */
  readonly damaged: readonly DamagedBlob[]
  /** With `verify`: what was read. */
  readonly verified?: {
    readonly blobs: number
    readonly bytes: number
    readonly damaged: number
    readonly seconds: number
  }
}
