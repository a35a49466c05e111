const secondsOf: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  // the micro sign, and the Greek letter that looks like it
  '\u00b5s': 1e-6,
  '\u03bcs': 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
}

/** Of any that is meant. To find that a longer one is none would take the square of its length. */
const maxCharacters = 100

/** Seconds of a duration as Go's time.ParseDuration reads it, which the containers tools do; `undefined` for anything else, and below 0. */
export function parseDuration(text: string): number | undefined {
  if (text.length > maxCharacters) return undefined
  const unsigned = text.replace(/^\+/, '')
  if (unsigned === '0') return 0
  const unit = '(\\d+\\.?\\d*|\\.\\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)'
  if (!new RegExp(`^(?:${unit})+$`).test(unsigned)) return undefined
  let seconds = 0
  for (const [, amount, name = ''] of unsigned.matchAll(new RegExp(unit, 'g'))) {
    seconds += Number(amount) * (secondsOf[name] ?? 0)
  }
  return seconds
}
