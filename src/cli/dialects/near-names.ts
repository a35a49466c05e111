/** The names that may be meant by one that is misspelt: at most two letters away, or begun with it. */
export function nearNames(typed: string, names: readonly string[]): string[] {
  const word = typed.toLowerCase()
  return names.filter(name => distance(word, name) <= 2 || name.startsWith(word))
}

/** Levenshtein's. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const [left = 0, above = 0, corner = 0] = [next[j - 1], row[j], row[j - 1]]
      next.push(Math.min(left + 1, above + 1, corner + (from[i - 1] === to[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[to.length] ?? 0
}
