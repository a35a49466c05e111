import { availableParallelism } from 'node:os'

/** How many pieces are compressed or uncompressed beside each other: one for every core, and one that is read meanwhile. */
export function piecesAtOnce(): number {
  return availableParallelism() + 1
}
