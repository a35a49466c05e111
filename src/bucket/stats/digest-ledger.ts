import type { Digest } from '../../model/digest.ts'
import { createDigestTable } from '../digest-table.ts'

/** A listing has it. */
export const listed = 1
/** It stands in the bucket as a tag, whatever is under `blobs/`. */
export const root = 2
/** s3lo 2 keeps it in chunks. */
export const chunked = 4
/** It was looked for, and is not there. */
export const missing = 8
/** A tag needs it. */
export const live = 0x10
/** The last history entries of a tag need it. */
export const past = 0x20
/** A record of condemned blobs holds it. */
export const condemned = 0x40
/** So new that a push may be bringing it. */
export const recent = 0x80
/** It is a layer, of an image that is asked for. */
export const layer = 0x100
/** More than one image needs it. */
export const shared = 0x200
/** What refers to it has been counted. */
export const followed = 0x400

/** It is there, in whatever form. */
export const present = listed | root | chunked

type Numbers = Uint32Array | Uint16Array

/** Numbers by row. They grow a piece at a time, so that nothing is ever copied. */
interface Column {
  get(row: number): number
  set(row: number, value: number): void
}

/** What is counted of each digest, at some 50 bytes. */
export interface DigestLedger {
  readonly rows: number
  /** The row of a digest; a new one where it has none. */
  rowOf(digest: Digest): number
  /** 0 where the digest has no row. */
  flagsOf(digest: Digest): number
  flags(row: number): number
  /** @returns the flags that it had before */
  flag(row: number, flags: number): number
  readonly bytes: Column
  /** The image that named it last, by its number; 0: none. */
  readonly image: Column
  /** How many tags need it. */
  readonly tags: Column
}

const rowsPerPiece = 1 << 16
const maxSmall = 2 ** 32 - 1

export function createDigestLedger(): DigestLedger {
  const table = createDigestTable()
  const flags = createColumn(() => new Uint16Array(rowsPerPiece))
  return {
    get rows() {
      return table.size
    },
    rowOf(digest) {
      const known = table.number(digest)
      if (known !== undefined) return known
      const row = table.size
      table.add(digest, 0, row)
      return row
    },
    flagsOf(digest) {
      const row = table.number(digest)
      return row === undefined ? 0 : flags.get(row)
    },
    flags: row => flags.get(row),
    flag(row, more) {
      const before = flags.get(row)
      flags.set(row, before | more)
      return before
    },
    bytes: createSizes(),
    image: createColumn(() => new Uint32Array(rowsPerPiece)),
    tags: createColumn(() => new Uint32Array(rowsPerPiece)),
  }
}

/** Few blobs are larger than 32 bits can tell. Those are kept apart. */
function createSizes(): Column {
  const small = createColumn(() => new Uint32Array(rowsPerPiece))
  const large = new Map<number, number>()
  return {
    get: row => large.get(row) ?? small.get(row),
    set(row, bytes) {
      if (bytes > maxSmall) large.set(row, bytes)
      else if (large.size > 0) large.delete(row)
      small.set(row, Math.min(bytes, maxSmall))
    },
  }
}

function createColumn(piece: () => Numbers): Column {
  const pieces: Numbers[] = []
  const pieceOf = (row: number): Numbers => {
    const at = Math.floor(row / rowsPerPiece)
    while (pieces.length <= at) pieces.push(piece())
    return pieces[at] ?? piece()
  }
  return {
    get: row => pieceOf(row)[row % rowsPerPiece] ?? 0,
    set(row, value) {
      pieceOf(row)[row % rowsPerPiece] = value
    },
  }
}
