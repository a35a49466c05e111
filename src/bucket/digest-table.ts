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

/** Slots at first; the table doubles when two thirds are taken. */
const firstSlots = 1 << 10
/** Of a slot that is taken; a digest may be in the table without any flag of its user. */
const taken = 0x80
/** Words of 32 bits that are kept of a digest. */
const words = 4

/**
 * A map from digests to a number and seven flags (`1` to `0x40`), at some 40 bytes a digest: a bucket of a million blobs fits in memory.
 *
 * Of a digest 128 bits are kept. Nobody can make two contents that share them by trying, so what is told here is told of this digest.
 */
export function createDigestTable(): DigestTable {
  let slots = firstSlots
  let keys = new Uint32Array(slots * words)
  let marks = new Uint8Array(slots)
  let numbers = new Float64Array(slots).fill(Number.NaN)
  let size = 0
  const key = new Uint32Array(words)

  const slotOf = (): number => {
    // Digests are spread evenly as they are.
    let slot = (key[0] ?? 0) & (slots - 1)
    while (marks[slot] !== 0 && !isAt(slot)) slot = (slot + 1) & (slots - 1)
    return slot
  }
  const isAt = (slot: number): boolean => {
    for (let at = 0; at < words; at++) if (keys[slot * words + at] !== key[at]) return false
    return true
  }
  const grow = (): void => {
    const [oldKeys, oldMarks, oldNumbers] = [keys, marks, numbers]
    slots *= 2
    keys = new Uint32Array(slots * words)
    marks = new Uint8Array(slots)
    numbers = new Float64Array(slots).fill(Number.NaN)
    for (let old = 0; old < oldMarks.length; old++) {
      if (oldMarks[old] === 0) continue
      key.set(oldKeys.subarray(old * words, (old + 1) * words))
      const slot = slotOf()
      keys.set(key, slot * words)
      marks[slot] = oldMarks[old] ?? 0
      numbers[slot] = oldNumbers[old] ?? Number.NaN
    }
  }
  const find = (digest: Digest): number => {
    const { algorithm, hex } = digestParts(digest)
    for (let at = 0; at < words; at++) key[at] = Number.parseInt(hex.slice(at * 8, at * 8 + 8), 16)
    // The same beginning under another algorithm is another digest.
    if (algorithm === 'sha512') key[words - 1] = ~(key[words - 1] ?? 0)
    return slotOf()
  }

  return {
    get size() {
      return size
    },
    flags(digest) {
      return (marks[find(digest)] ?? 0) & ~taken
    },
    number(digest) {
      const number = numbers[find(digest)] ?? Number.NaN
      return Number.isNaN(number) ? undefined : number
    },
    add(digest, flags, number) {
      let slot = find(digest)
      const before = marks[slot] ?? 0
      if (before === 0) {
        if (size * 3 >= slots * 2) {
          grow()
          slot = find(digest)
        }
        keys.set(key, slot * words)
        size += 1
      }
      marks[slot] = before | flags | taken
      if (number !== undefined) numbers[slot] = number
      return before & ~taken
    },
  }
}
