/** Bytes of a file that follow each other, and whether the chunk that they belong to ends with them. */
export interface ContentPart {
  readonly bytes: Uint8Array
  /** Of a chunk of nothing but zeros. */
  readonly zeros: boolean
  readonly ends: boolean
}

const windowBytes = 64
/** Added to every byte, so that zeros count too. */
const byteOffset = 31
/** A chunk ends where these bits of the sum are set: after 64 KiB of random bytes on average. */
const splitMask = 0xffff
/** As many zeros are a chunk of their own. */
const holeBytes = 1024
const zeroes = new Uint8Array(256 * 1024)

/**
 * Cuts a file where its content says so: a change of it moves no boundary but those near it, and what was cut elsewhere in the same
 * way is found again. The rolling checksum is bup's, with the numbers of containers/storage, which cuts at the same places.
 *
 * It does not where a content repeats within the window: one whose sum has the bits set would there be cut at every repetition, down
 * to single bytes.
 */
export class ContentSplitter {
  readonly #window = new Uint8Array(windowBytes)
  #sum1 = windowBytes * byteOffset
  #sum2 = windowBytes * (windowBytes - 1) * byteOffset
  #position = 0
  #candidate = { position: Number.NEGATIVE_INFINITY, sum1: 0, sum2: 0 }
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
      if (!this.#inHole) {
        at = yield* this.#data(input, at)
        continue
      }
      const end = endOfZeros(input, at)
      this.#held += end - at
      at = end
      if (end < input.byteLength) yield* this.#endHole()
    }
  }

  *end(): Generator<ContentPart, void, undefined> {
    if (this.#inHole) {
      yield* this.#endHole()
    } else {
      const tail = zeroes.subarray(0, this.#held)
      this.#held = 0
      let from = 0
      for (let at = 0; at < tail.byteLength; at += 1) {
        if (!this.#roll(0)) continue
        yield this.#part(tail.subarray(from, at + 1), true)
        from = at + 1
      }
      if (this.#open || from < tail.byteLength) yield this.#part(tail.subarray(from), true)
    }
  }

  /** Passes on what is no hole. Answers up to where: the end, or the end of the zeros that begin one. */
  *#data(input: Uint8Array, start: number): Generator<ContentPart, number, undefined> {
    let from = start
    let zerosEnd = start
    for (let at = start; at < input.byteLength; at += 1) {
      const byte = input[at] ?? 0
      if (byte === 0 && at >= zerosEnd) {
        zerosEnd = endOfZeros(input, at)
        const isHole = zerosEnd - at >= holeBytes
        if (isHole || zerosEnd === input.byteLength) {
          if (at > from || (isHole && this.#open)) yield this.#part(input.subarray(from, at), isHole)
          this.#held = zerosEnd - at
          this.#inHole = isHole
          return zerosEnd
        }
      }
      if (!this.#roll(byte)) continue
      yield this.#part(input.subarray(from, at + 1), true)
      from = at + 1
    }
    if (from < input.byteLength) yield this.#part(input.subarray(from), false)
    return input.byteLength
  }

  #part(bytes: Uint8Array, ends: boolean): ContentPart {
    this.#open = !ends
    return { bytes, zeros: false, ends }
  }

  *#endHole(): Generator<ContentPart, void, undefined> {
    // More of them change nothing.
    for (let rolled = 0; rolled < windowBytes; rolled += 1) this.#roll(0)
    this.#position += this.#held - windowBytes
    for (let left = this.#held; left > 0; ) {
      const bytes = zeroes.subarray(0, left)
      left -= bytes.byteLength
      yield { bytes, zeros: true, ends: left === 0 }
    }
    this.#held = 0
    this.#inHole = false
  }

  /** Whether a chunk ends after this byte. */
  #roll(byte: number): boolean {
    const slot = this.#position % windowBytes
    const dropped = this.#window[slot] ?? 0
    this.#window[slot] = byte
    this.#position += 1
    this.#sum1 = (this.#sum1 + byte - dropped) | 0
    this.#sum2 = (this.#sum2 + this.#sum1 - windowBytes * (dropped + byteOffset)) | 0
    if ((this.#sum2 & splitMask) !== splitMask) return false
    const last = this.#candidate
    this.#candidate = { position: this.#position, sum1: this.#sum1, sum2: this.#sum2 }
    return !(this.#position - last.position <= windowBytes && this.#sum1 === last.sum1 && this.#sum2 === last.sum2)
  }
}

function endOfZeros(bytes: Uint8Array, start: number): number {
  let at = start
  while (at < bytes.byteLength && bytes[at] === 0) at += 1
  return at
}
