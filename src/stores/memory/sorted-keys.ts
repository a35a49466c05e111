import { compareKeys } from '../key-order.ts'

/**
 * Keys in their order. What was added since the last listing is sorted and merged in by the next one, so that a million keys are
 * not sorted for each of a thousand listings.
 */
export class SortedKeys {
  readonly #isThere: (key: string) => boolean
  /** Never changed, only replaced: a listing that is under way keeps its own. Removed keys stay in it until the next merge. */
  #sorted: readonly string[] = []
  #added = new Set<string>()

  constructor(isThere: (key: string) => boolean) {
    this.#isThere = isThere
  }

  add(key: string): void {
    this.#added.add(key)
  }

  /**
   * The keys with a prefix that come after another, each with `folded`: what ends at the first delimiter behind the prefix. Of those that
   * fold to the same only the first that is still there comes.
   */
  *from(prefix: string, delimiter?: string, startAfter = ''): Generator<{ key: string; folded: string | undefined }> {
    this.#merge()
    const sorted = this.#sorted
    const startsBehind = compareKeys(startAfter, prefix) >= 0
    let at = firstWhere(sorted, 0, key =>
      startsBehind ? compareKeys(key, startAfter) > 0 : compareKeys(key, prefix) >= 0,
    )
    for (let key = sorted[at]; key?.startsWith(prefix); key = sorted[at]) {
      const slash = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length)
      const folded = slash === -1 ? undefined : key.slice(0, slash + 1)
      at++
      if (!this.#isThere(key)) continue
      yield { key, folded }
      if (folded !== undefined) at = firstWhere(sorted, at, other => !other.startsWith(folded))
    }
  }

  #merge(): void {
    if (this.#added.size === 0) return
    const added = [...this.#added].sort(compareKeys)
    this.#added = new Set()
    const merged: string[] = []
    let next = 0
    const takeAddedUpTo = (end: string | undefined) => {
      for (let key = added[next]; key !== undefined; key = added[++next]) {
        if (end !== undefined && compareKeys(key, end) > 0) return
        if (key !== end && this.#isThere(key)) merged.push(key)
      }
    }
    for (const key of this.#sorted) {
      takeAddedUpTo(key)
      if (this.#isThere(key)) merged.push(key)
    }
    takeAddedUpTo(undefined)
    this.#sorted = merged
  }
}

/** The first index from `from` on for which `test` holds. It MUST hold for all after that. */
function firstWhere(keys: readonly string[], from: number, test: (key: string) => boolean): number {
  let [low, high] = [from, keys.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const key = keys[middle]
    if (key === undefined || test(key)) high = middle
    else low = middle + 1
  }
  return low
}
