/** Numbers that follow from a seed, so that what they led to can be done again. */
export interface Random {
  /** At least 0 and below `limit`. */
  below(limit: number): number
  pick<T>(values: readonly T[]): T
  chance(of: number): boolean
}

/** Mulberry32: 32 bits of state, enough to choose among steps. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let word = state
    word = Math.imul(word ^ (word >>> 15), word | 1)
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61)
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    below,
    pick(values) {
      const value = values[below(values.length)]
      if (value === undefined) throw new Error('nothing to pick from')
      return value
    },
    chance: of => next() < of,
  }
}
