import { RollingSum } from './rolling-sum.ts'

/** Bytes of a file that follow each other, and whether the chunk that they belong to ends with them. */
export interface ContentPart {
  readonly bytes: Uint8Array
  /** Of a chunk of nothing but zeros. */
  readonly zeros: boolean
  readonly ends: boolean
}

/** As many zeros are a chunk of their own: nobody needs to get them. */
const holeBytes = 1024
const zeroes = new Uint8Array(256 * 1024)

/** Cuts a file into chunks: those that its content makes, and its holes. */
export class ContentSplitter {
  readonly #sum = new RollingSum()
  /** Zeros that have come and are not passed on: fewer than make a hole, or, in one, all of it. */
  #held = 0
  #inHole = false
  /** Whether bytes of a chunk were passed on that has not ended. */
  #open = false;

  /** Parts may be held back until more bytes come. */
  *push(bytes: Uint8Array): Generator<ContentPart, void, undefined> {
    let input = bytes
    if (this.#held > 0 && !this.#inHole) {
      input = Buffer.concat([zeroes.subarray(0, this.#held), bytes])
      this.#held = 0
    }
    let at = 0
    while (at < input.byteLength) {
      if (this.#inHole) {
        const end = endOfZeros(input, at)
        this.#held += end - at
        at = end
        if (end < input.byteLength) yield* this.#endHole()
      } else {
        const zeros = findZeros(input, at)
        this.#inHole = zeros.end - zeros.start >= holeBytes
        yield* this.#data(input, at, zeros.start, this.#inHole)
        this.#held = zeros.end - zeros.start
        at = zeros.end
      }
    }
  }

  *end(): Generator<ContentPart, void, undefined> {
    if (this.#inHole) yield* this.#endHole()
    else yield* this.#data(zeroes, 0, this.#held, true)
  }

  /** Bytes that are no hole, and whether the last chunk of them ends where they do. */
  *#data(input: Uint8Array, start: number, end: number, ends: boolean): Generator<ContentPart, void, undefined> {
    for (let from = start; from < end; ) {
      const cut = this.#sum.pass(input, from, end)
      yield this.#part(input.subarray(from, cut.at), cut.ends)
      from = cut.at
    }
    if (ends && this.#open) yield this.#part(new Uint8Array(), true)
  }

  #part(bytes: Uint8Array, ends: boolean): ContentPart {
    this.#open = !ends
    return { bytes, zeros: false, ends }
  }

  *#endHole(): Generator<ContentPart, void, undefined> {
    this.#sum.passZeros()
    for (let left = this.#held; left > 0; ) {
      const bytes = zeroes.subarray(0, left)
      left -= bytes.byteLength
      yield { bytes, zeros: true, ends: left === 0 }
    }
    this.#held = 0
    this.#inHole = false
  }
}

/** The first hole, or the zeros at the end, of which more may come. */
function findZeros(bytes: Uint8Array, from: number): { readonly start: number; readonly end: number } {
  // Of every hole one of the bytes that are looked at is a part.
  for (let probe = from + holeBytes - 1; probe < bytes.byteLength; probe += holeBytes) {
    if (bytes[probe] !== 0) continue
    const start = startOfZeros(bytes, probe, from)
    const end = endOfZeros(bytes, probe)
    if (end - start >= holeBytes || end === bytes.byteLength) return { start, end }
    probe = end
  }
  return { start: startOfZeros(bytes, bytes.byteLength, from), end: bytes.byteLength }
}

function startOfZeros(bytes: Uint8Array, end: number, from: number): number {
  let at = end
  while (at > from && bytes[at - 1] === 0) at -= 1
  return at
}

function endOfZeros(bytes: Uint8Array, start: number): number {
  let at = start
  while (at < bytes.byteLength && bytes[at] === 0) at += 1
  return at
}
