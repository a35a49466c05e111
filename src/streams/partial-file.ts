import { fstatSync, ftruncateSync, readSync, writeSync } from 'node:fs'

/** What stands behind the blob's bytes, and then comes which have come: pairs of where a run of them begins and ends. */
const magic = Buffer.from('lading:1')
const slotBytes = 16
/** More would be no blob of ours: a piece has megabytes. */
const maxSlots = 100_000

/** Bytes of a blob that are there already: from `start` up to `end`. */
export interface Range {
  readonly start: number
  readonly end: number
}

/**
 * The record of a file that a blob is received into, in whatever order: which of its bytes have come. It stands behind the place of the blob's last
 * byte, so that file and record are one thing, given to another process by one rename. It is written after the bytes that it tells of; a machine
 * that loses power may lose those all the same, so whoever goes on with such a file MUST check all of its bytes.
 */
export class RangeRecord {
  readonly #file: number
  readonly #size: number

  /** @param file opened for reading and writing */
  constructor(file: number, size: number) {
    this.#file = file
    this.#size = size
  }

  /**
   * Nothing has come yet but the runs that are given for their slots. In one write, over the record that is there: whoever is killed meanwhile
   * leaves the one or the other, and never a file without, which would be one that was received whole.
   */
  begin(known: ReadonlyMap<number, Range> = new Map()): void {
    const slots = Math.max(-1, ...known.keys()) + 1
    const record = Buffer.alloc(magic.byteLength + slots * slotBytes)
    magic.copy(record)
    for (const [slot, run] of known) pairOf(run).copy(record, magic.byteLength + slot * slotBytes)
    writeSync(this.#file, record, 0, record.byteLength, this.#size)
    ftruncateSync(this.#file, this.#size + record.byteLength)
  }

  /** The run that `slot` tells of, one of 0, 1, 2…, each used at least once. */
  set(slot: number, run: Range): void {
    writeSync(this.#file, pairOf(run), 0, slotBytes, this.#size + magic.byteLength + slot * slotBytes)
  }

  /** Takes the record away: what is left is the blob. */
  end(): void {
    ftruncateSync(this.#file, this.#size)
  }

  /** What is there, in the order of the bytes, without overlaps. A file without a record was written from its start. */
  read(): Range[] {
    const { size: length } = fstatSync(this.#file)
    if (length === 0) return []
    if (length <= this.#size) return [{ start: 0, end: length }]
    const record = Buffer.alloc(Math.min(length - this.#size, magic.byteLength + maxSlots * slotBytes))
    readSync(this.#file, record, 0, record.byteLength, this.#size)
    if (!record.subarray(0, magic.byteLength).equals(magic)) return []
    const found: Range[] = []
    for (let at = magic.byteLength; at + slotBytes <= record.byteLength; at += slotBytes) {
      const start = Number(record.readBigUInt64LE(at))
      const end = Number(record.readBigUInt64LE(at + 8))
      if (start < end && end <= this.#size) found.push({ start, end })
    }
    return withoutOverlaps(found)
  }
}

function pairOf({ start, end }: Range): Buffer {
  const pair = Buffer.alloc(slotBytes)
  pair.writeBigUInt64LE(BigInt(start))
  pair.writeBigUInt64LE(BigInt(end), 8)
  return pair
}

function withoutOverlaps(ranges: readonly Range[]): Range[] {
  const joined: { start: number; end: number }[] = []
  for (const { start, end } of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = joined.at(-1)
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end)
    else joined.push({ start, end })
  }
  return joined
}
