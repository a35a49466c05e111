import type { MissingPiece, RepairedPiece, RepairResult } from './repair-result.ts'

/** What is listed of each kind; all of it is counted. */
const maxListed = 1000

/** What was repaired, and what could not be. */
export interface RepairLog {
  /** A blob is about to be fetched. @returns what was begun so far */
  begun(size: number): { readonly blobs: number; readonly bytes: number }
  mended(piece: RepairedPiece): void
  missing(piece: MissingPiece): void
  /** An image was gone through. */
  image(lacks: number): void
  result(checked: number): Omit<RepairResult, 'bucket' | 'seconds'>
}

export function repairLog(): RepairLog {
  const repaired: RepairedPiece[] = []
  const missing: MissingPiece[] = []
  const tags = { repaired: 0, incomplete: 0 }
  const planned = { blobs: 0, bytes: 0 }
  let [pieces, bytes] = [0, 0]
  return {
    begun(size) {
      planned.blobs += 1
      planned.bytes += size
      return { ...planned }
    },
    mended(piece) {
      pieces += 1
      bytes += piece.size
      if (repaired.length < maxListed) repaired.push(piece)
    },
    missing(piece) {
      if (missing.length < maxListed) missing.push(piece)
    },
    image(lacks) {
      tags[lacks === 0 ? 'repaired' : 'incomplete'] += 1
    },
    result: checked => ({
      complete: tags.incomplete === 0,
      tags: { checked, ...tags },
      pieces,
      bytes,
      repaired,
      missing,
    }),
  }
}
