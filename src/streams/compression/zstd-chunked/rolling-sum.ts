const windowBytes = 64
/** Added to every byte, so that zeros count too. */
const byteOffset = 31
/** A chunk ends where these bits of the sum are set: after 64 KiB of random bytes on average. */
const splitMask = 0xffff

/**
 * Finds where a file is cut: where a sum of the bytes before says so, whatever is further away. A change moves no boundary but those
 * near it, and content that was cut elsewhere in the same way is found again.
 *
 * It is bup's rolling checksum, with the numbers of containers/storage, which cuts at the same places. But records of the window's
 * length that repeat are not cut apart where their sum happens to have the bits: the table would say more of them than they hold.
 */
export class RollingSum {
  readonly #window = new Uint8Array(windowBytes)
  #sum1 = windowBytes * byteOffset
  #sum2 = windowBytes * (windowBytes - 1) * byteOffset
  #position = 0
  #candidate = { position: Number.NEGATIVE_INFINITY, sum1: 0, sum2: 0 }

  /** Goes over bytes up to the end of a chunk, or `end`. Answers how far it went, and whether a chunk ends there. */
  pass(bytes: Uint8Array, start: number, end: number): { readonly at: number; readonly ends: boolean } {
    const window = this.#window
    // Not looked up for every byte.
    const shift = this.#position - start
    let sum1 = this.#sum1
    let sum2 = this.#sum2
    let at = start
    let ends = false
    while (at < end && !ends) {
      const slot = (at + shift) & (windowBytes - 1)
      const byte = bytes[at] ?? 0
      const dropped = window[slot] ?? 0
      window[slot] = byte
      sum1 = (sum1 + byte - dropped) | 0
      sum2 = (sum2 + sum1 - windowBytes * (dropped + byteOffset)) | 0
      at += 1
      if ((sum2 & splitMask) === splitMask) ends = !this.#repeats(at + shift, sum1, sum2)
    }
    this.#position = at + shift
    this.#sum1 = sum1
    this.#sum2 = sum2
    return { at, ends }
  }

  /** Goes over so many zeros, at least a window of them: more change nothing. No chunk ends within. */
  passZeros(): void {
    const zeros = new Uint8Array(windowBytes)
    for (let at = 0; at < windowBytes; ) at = this.pass(zeros, at, windowBytes).at
  }

  /** Whether the sums are those of another place within the window. */
  #repeats(position: number, sum1: number, sum2: number): boolean {
    const last = this.#candidate
    this.#candidate = { position, sum1, sum2 }
    return position - last.position <= windowBytes && sum1 === last.sum1 && sum2 === last.sum2
  }
}
