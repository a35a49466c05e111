/** So many objects, and their bytes. */
export interface Tally {
  readonly count: number
  readonly bytes: number
}

/** A tally that grows. */
export interface GrowingTally extends Tally {
  add(bytes: number): void
}

export function createTally(): GrowingTally {
  let count = 0
  let bytes = 0
  return {
    get count() {
      return count
    },
    get bytes() {
      return bytes
    },
    add(more) {
      count += 1
      bytes += more
    },
  }
}

/** As plain data. */
export function tallied({ count, bytes }: Tally): Tally {
  return { count, bytes }
}
