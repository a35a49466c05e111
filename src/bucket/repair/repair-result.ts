import type { NodeKind } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'

/** Something that an image needs. */
interface Piece {
  readonly image: string
  /** Absent where the image was named by its digest. */
  readonly tag?: string
  readonly digest: Digest
  readonly kind: NodeKind
  readonly size: number
  readonly platform?: string
}

export interface RepairedPiece extends Piece {
  /** Where it was. */
  readonly from: string
}

export interface MissingPiece extends Piece {
  /** What each source said. */
  readonly why: string
}

/** What became of the images of a bucket. */
export interface RepairResult {
  readonly bucket: string
  /** Nothing is missing any more. */
  readonly complete: boolean
  readonly tags: { readonly checked: number; readonly repaired: number; readonly incomplete: number }
  /** What was fetched and stored. */
  readonly pieces: number
  readonly bytes: number
  /** The first thousand. */
  readonly repaired: readonly RepairedPiece[]
  /** What no source had: the first thousand. */
  readonly missing: readonly MissingPiece[]
  readonly seconds: number
}
