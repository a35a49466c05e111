import type { Chunk, TocEntry } from './toc-entry.ts'

/** Bytes of a layer that become a frame. */
export interface LayerPiece {
  /** None in a piece that only says which entries are complete. */
  readonly bytes: Uint8Array
  /** What the bytes are all or a part of; absent where they are no file's. */
  readonly chunk?: Chunk
  /** Whose content lies before this piece, and that have not been named yet. */
  readonly complete: readonly TocEntry[]
}

/** No piece has more. */
export const maxPieceBytes = 4 * 1024 * 1024
