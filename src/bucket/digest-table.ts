import { type Digest, digestParts } from '../model/digest.ts'

/** What is known of a digest: flags, and one number, such as a size. */
export interface DigestTable {
  readonly size: number
  /** 0 where the digest is not in the table. */
  flags(digest: Digest): number
  /** `undefined` where the digest is not in the table, or has no number. */
  number(digest: Digest): number | undefined
  /** Adds flags, and sets the number where one is given. @returns the flags that it had before */
  add(digest: Digest, flags: number, number?: number): number
}

/** Words of 32 bits that are kept of a digest, after its first byte. */
const words = 3
/** Of a slot that is taken; a digest may be in the table without any flag of its user. */
const taken = 0x80
/** A table of its own for each value of the first byte: so that none is large when it grows. */
const shards = 256
const firstSlots = 8
/** Stands where there is no number. */
const noNumber = 0xffffffff
/** Of the slots may be taken, in percent, and by so much they grow. */
const [fullPercent, growth] = [80, 1.5]

/**
 * A map from digests to a number and seven flags (`1` to `0x40`), at some 35 bytes a digest: a bucket of a million blobs fits in memory.
 *
 * Of a digest 104 bits are kept. Another content that shares them with a given one cannot be found; who makes two that share them harms his own
 * images alone.
 */
export function createDigestTable(): DigestTable {
  const tables = Array.from({ length: shards }, () => new Shard(firstSlots))
  const key = new Uint32Array(words)
  let size = 0
  const shardOf = (digest: Digest): number => {
    const { algorithm, hex } = digestParts(digest)
    for (let at = 0; at < words; at++) key[at] = Number.parseInt(hex.slice(at * 8 + 2, at * 8 + 10), 16)
    // The same beginning under another algorithm is another digest.
    if (algorithm === 'sha512') key[words - 1] = ~(key[words - 1] ?? 0)
    return Number.parseInt(hex.slice(0, 2), 16)
  }
  const find = (digest: Digest): [Shard, number] => {
    const shard = tables[shardOf(digest)]
    // in range: a byte
    if (shard === undefined) throw new RangeError('no such shard')
    return [shard, shard.slotOf(key)]
  }

  return {
    get size() {
      return size
    },
    flags(digest) {
      const [shard, slot] = find(digest)
      return (shard.marks[slot] ?? 0) & ~taken
    },
    number(digest) {
      const [shard, slot] = find(digest)
      return shard.numberAt(slot)
    },
    add(digest, flags, number) {
      let [shard, slot] = find(digest)
      const before = shard.marks[slot] ?? 0
      if (before === 0) {
        size += 1
        if (shard.isFull()) {
          shard = shard.grown()
          tables[shardOf(digest)] = shard
          slot = shard.slotOf(key)
        }
      }
      shard.set(slot, key, before | flags | taken, number)
      return before & ~taken
    },
  }
}

class Shard {
  readonly marks: Uint8Array
  /** Made when the first number is set: whole numbers of 32 bits until one is no such. */
  #numbers: Uint32Array | Float64Array | undefined
  readonly #keys: Uint32Array
  readonly #slots: number
  #size = 0

  constructor(slots: number) {
    this.#slots = slots
    this.marks = new Uint8Array(slots)
    this.#keys = new Uint32Array(slots * words)
  }

  /** Where the key is, or would be. Digests are spread evenly as they are; their first byte has chosen the shard. */
  slotOf(key: Uint32Array): number {
    let slot = (key[0] ?? 0) % this.#slots
    while (this.marks[slot] !== 0 && !this.#holds(slot, key)) slot = slot + 1 === this.#slots ? 0 : slot + 1
    return slot
  }

  numberAt(slot: number): number | undefined {
    const number = this.#numbers?.[slot] ?? Number.NaN
    const isNone = this.#numbers instanceof Uint32Array ? number === noNumber : Number.isNaN(number)
    return isNone ? undefined : number
  }

  isFull(): boolean {
    return this.#size * 100 >= this.#slots * fullPercent
  }

  grown(): Shard {
    const larger = new Shard(Math.ceil(this.#slots * growth))
    for (let slot = 0; slot < this.#slots; slot++) {
      const mark = this.marks[slot] ?? 0
      if (mark === 0) continue
      const key = this.#keys.subarray(slot * words, (slot + 1) * words)
      larger.set(larger.slotOf(key), key, mark, this.numberAt(slot))
    }
    return larger
  }

  set(slot: number, key: Uint32Array, mark: number, number: number | undefined): void {
    if (this.marks[slot] === 0) {
      this.#keys.set(key, slot * words)
      this.#size += 1
    }
    this.marks[slot] = mark
    if (number === undefined) return
    this.#numbers ??= new Uint32Array(this.#slots).fill(noNumber)
    if (this.#numbers instanceof Uint32Array && !(Number.isInteger(number) && number >= 0 && number < noNumber)) {
      this.#numbers = Float64Array.from(this.#numbers, small => (small === noNumber ? Number.NaN : small))
    }
    this.#numbers[slot] = number
  }

  #holds(slot: number, key: Uint32Array): boolean {
    for (let at = 0; at < words; at++) if (this.#keys[slot * words + at] !== key[at]) return false
    return true
  }
}
