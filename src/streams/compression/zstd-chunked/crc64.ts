/** CRC-64 of ISO 3309, which tar-split keeps of every file. Two halves, since JavaScript's integers have 32 bits. */
export class Crc64 {
  #high = -1
  #low = -1

  update(bytes: Uint8Array): void {
    let high = this.#high
    let low = this.#low
    for (let at = 0; at < bytes.byteLength; at += 1) {
      const index = (low ^ (bytes[at] ?? 0)) & 0xff
      low = (low >>> 8) | (high << 24)
      high = (high >>> 8) ^ (table[index] ?? 0)
    }
    this.#high = high
    this.#low = low
  }

  digest(): Buffer {
    const bytes = Buffer.alloc(8)
    bytes.writeUInt32BE(~this.#high >>> 0, 0)
    bytes.writeUInt32BE(~this.#low >>> 0, 4)
    return bytes
  }
}

/** The polynomial has bits in its highest byte only, so the lower half of every entry is zero. */
const table = Int32Array.from({ length: 256 }, (_, index) => {
  let high = 0
  let low = index
  for (let bit = 0; bit < 8; bit += 1) {
    const odd = (low & 1) === 1
    low = (low >>> 1) | (high << 31)
    high = (high >>> 1) ^ (odd ? 0xd8000000 : 0)
  }
  return high
})
