/** NaN where there are none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  const upper = sorted[half] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2
}

/**
 * How many times as long as the other something took: the median of each round's own ratio, so that what slows the machine for
 * a while slows both.
 */
export function medianRatio(values: readonly number[], others: readonly number[]): number {
  return median(values.slice(0, others.length).map((value, round) => value / (others[round] ?? Number.NaN)))
}
