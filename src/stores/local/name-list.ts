/**
 * Many short texts, as UTF-8 in one buffer: as strings, those of a large directory would be a hundred megabytes of garbage that the
 * engine is in no hurry to collect. Their order is that of their bytes, which is the order of keys.
 */
export class NameList {
  #bytes = Buffer.allocUnsafe(1024)
  /** Where each begins and ends. */
  #places = new Float64Array(32)
  #filled = 0
  length = 0

  push(name: string): number {
    const most = name.length * 3
    if (this.#filled + most > this.#bytes.byteLength) {
      const larger = Buffer.allocUnsafeSlow(this.#bytes.byteLength * 2 + most)
      this.#bytes.copy(larger, 0, 0, this.#filled)
      this.#bytes = larger
    }
    if (this.length * 2 === this.#places.length) {
      const more = new Float64Array(this.#places.length * 2)
      more.set(this.#places)
      this.#places = more
    }
    this.#places[this.length * 2] = this.#filled
    this.#filled += this.#bytes.write(name, this.#filled)
    this.#places[this.length * 2 + 1] = this.#filled
    return ++this.length
  }

  /** `undefined` where there is no such. */
  at(index: number): string | undefined {
    return index < this.length
      ? this.#bytes.toString('utf8', this.#places[index * 2], this.#places[index * 2 + 1])
      : undefined
  }

  slice(from: number, to: number): string[] {
    const names: string[] = []
    for (let index = from; index < Math.min(to, this.length); index++) names.push(this.at(index) ?? '')
    return names
  }

  clear(): void {
    this.length = 0
    this.#filled = 0
  }

  /** Puts the first names into another list, in order and no more than `limit`. What that held is gone. */
  sortInto(target: NameList, limit: number): void {
    const [bytes, places] = [this.#bytes, this.#places]
    const order = new Uint32Array(this.length).map((_, index) => index)
    order.sort((a, b) => bytes.compare(bytes, places[b * 2], places[b * 2 + 1], places[a * 2], places[a * 2 + 1]))
    target.clear()
    for (const index of order.subarray(0, limit)) {
      target.push(bytes.toString('utf8', places[index * 2], places[index * 2 + 1]))
    }
  }
}
