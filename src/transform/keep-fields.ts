export type Raw = Readonly<Record<string, unknown>>

/**
 * The fields that a format knows, in the order in which it writes them.
 *
 * MUST name in `dropped`, below `path`, each field that says something and is not kept.
 */
export function keepFields(raw: Raw, known: readonly string[], path: string, dropped: string[]): Raw {
  for (const field of Object.keys(raw)) {
    if (!known.includes(field) && says(raw[field])) dropped.push(path === '' ? field : `${path}.${field}`)
  }
  return Object.fromEntries(known.filter(field => says(raw[field])).map(field => [field, raw[field]]))
}

/** Empty text, lists and maps are what is written for a field that is not there. */
function says(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}
