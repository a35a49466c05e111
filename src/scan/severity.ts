import { LadingError } from '../errors/index.ts'

/** Trivy's severities, the lowest first. */
export const severities = ['UNKNOWN', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const
export type Severity = (typeof severities)[number]

/** @throws LadingError `bad-argument` */
export function parseSeverity(word: string): Severity {
  const found = severities.find(one => one === word.trim().toUpperCase())
  if (found !== undefined) return found
  throw new LadingError('bad-argument', `${JSON.stringify(word)} is not a severity`, {
    hint: `the severities are ${severities.join(', ')}`,
  })
}

/** The lowest of those that are named and all above it; of none that are named: all. */
export function severitiesFrom(named: readonly Severity[]): readonly Severity[] {
  const lowest = Math.min(...named.map(one => severities.indexOf(one)))
  return Number.isFinite(lowest) ? severities.slice(lowest) : severities
}
