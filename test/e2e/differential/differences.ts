/** One place where two views are not the same. `undefined` is nothing there. */
export interface Difference {
  /** Names joined with dots: `root.manifest.layers.0.mediaType`. */
  readonly at: string
  readonly ours: unknown
  readonly theirs: unknown
}

/** Compares plain values field by field. */
export function differences(ours: unknown, theirs: unknown, at = ''): Difference[] {
  if (Object.is(ours, theirs)) return []
  const below = (key: string) => (at === '' ? key : `${at}.${key}`)
  if (isObject(ours) && isObject(theirs) && Array.isArray(ours) === Array.isArray(theirs)) {
    const keys = new Set([...Object.keys(ours), ...Object.keys(theirs)])
    return [...keys].flatMap(key => differences(ours[key], theirs[key], below(key)))
  }
  return [{ at, ours, theirs }]
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
