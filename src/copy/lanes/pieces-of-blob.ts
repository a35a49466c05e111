import type { Range } from '../../streams/partial-file.ts'

/** A piece as large costs one round trip in ten or less. */
const maxPieceBytes = 16 * 1024 * 1024
const minPieceBytes = 4 * 1024 * 1024
/** What the connection that reads on gets through while another asks for what comes after. */
const lead = 8 * 1024 * 1024

/** A range of the blob that one connection reads. */
export interface Piece {
  /** Which of the blob's pieces, from 0. */
  readonly number: number
  readonly start: number
  /** The next byte that is to come. */
  at: number
  /** The last byte plus one. */
  end: number
}

/**
 * Who reads what of a blob. The first connection is given all of it, and the others what lies before it, in order, so that what has
 * come is nearly all in one piece.
 */
export class PiecesOfBlob {
  /** In the order of their bytes, without a gap, up to `#claimed`. */
  readonly #pieces: Piece[] = []
  readonly #dropped: Piece[] = []
  readonly #size: number
  #claimed = 0
  #count = 0
  received = 0

  /** @param have what has come before, in the order of the bytes, without overlaps */
  constructor(size: number, have: readonly Range[] = []) {
    this.#size = size
    for (const { start, end } of have) {
      if (start > this.#claimed) this.drop(this.#add(this.#claimed, start))
      this.took(this.#add(start, end), end - start)
    }
  }

  /** All of them that have come in part. */
  begun(): Piece[] {
    return this.#pieces.filter(({ start, at }) => at > start)
  }

  get remaining(): number {
    return this.#size - this.received
  }

  get isComplete(): boolean {
    return this.received === this.#size
  }

  /** The next piece that nobody reads, for one of `readers`. */
  claim(readers: number): Piece | undefined {
    const dropped = this.#dropped.shift()
    if (dropped !== undefined) return dropped
    if (this.#claimed === this.#size) return undefined
    const share = Math.ceil((this.#size - this.#claimed) / (2 * readers))
    const bytes = this.#claimed === 0 ? this.#size : Math.min(maxPieceBytes, Math.max(minPieceBytes, share))
    return this.#add(this.#claimed, Math.min(this.#size, this.#claimed + bytes))
  }

  /**
   * What is taken from the one connection that reads the whole blob: where it begins. Nothing changes before `cut`.
   * `undefined`: there is too little left.
   */
  cutting(): { readonly from: number; readonly to: number } | undefined {
    const [only, ...others] = this.#pieces
    if (only === undefined || others.length > 0 || this.#claimed < this.#size) return undefined
    const from = only.at + lead
    if (this.#size - from < minPieceBytes) return undefined
    return { from, to: Math.min(this.#size, from + maxPieceBytes) }
  }

  /** `undefined`: the connection that reads the whole blob has come too far meanwhile. */
  cut({ from, to }: { readonly from: number; readonly to: number }): Piece | undefined {
    const [only] = this.#pieces
    if (only === undefined || only.at > from || only.end < this.#size) return undefined
    only.end = from
    this.#claimed = from
    return this.#add(from, to)
  }

  /** Its reader has given up: another goes on with it. */
  drop(piece: Piece): void {
    if (piece.at < piece.end) this.#dropped.push(piece)
  }

  took(piece: Piece, bytes: number): void {
    piece.at += bytes
    this.received += bytes
  }

  /** Up to where everything has come, from `offset`, up to which it has. */
  contiguous(offset: number): number {
    while ((this.#pieces[0]?.end ?? Number.POSITIVE_INFINITY) <= offset) this.#pieces.shift()
    let end = offset
    for (const piece of this.#pieces) {
      if (piece.start > end) break
      end = Math.max(end, piece.at)
      if (piece.at < piece.end) break
    }
    return end
  }

  #add(start: number, end: number): Piece {
    const piece = { number: this.#count, start, at: start, end }
    this.#count += 1
    this.#pieces.push(piece)
    this.#claimed = end
    return piece
  }
}
