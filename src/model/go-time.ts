const grammar = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/
/** What Go writes where nothing was said. */
const zero = '0001-01-01T00:00:00Z'

/** A time of RFC 3339 as Go writes it again, or `undefined` where it is none. */
export function goTime(text: string | null | undefined): string | undefined {
  if (text === undefined || text === null) return zero
  const [, seconds, fraction = '', zone] = grammar.exec(text) ?? []
  if (seconds === undefined || zone === undefined || !isDate(seconds)) return undefined
  const kept = fraction.slice(0, 9).replace(/0+$/, '')
  return `${seconds}${kept === '' ? '' : `.${kept}`}${/^[+-]00:00$/.test(zone) ? 'Z' : zone}`
}

/** Not the 30th of February. */
function isDate(seconds: string): boolean {
  const date = new Date(`${seconds}Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(seconds)
}
