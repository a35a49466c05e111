import * as v from 'valibot'
import { LadingError } from '../errors/index.ts'
import { readJson } from '../model/read-json.ts'
import { type Severity, severities } from './severity.ts'

/** How much was found, by its severity. */
export type FindingCounts = Readonly<Record<Lowercase<Severity>, number>>

const found = v.nullish(v.array(v.looseObject({ Severity: v.nullish(v.string()), Status: v.nullish(v.string()) })), [])
const reportSchema = v.looseObject({
  SchemaVersion: v.number(),
  Results: v.nullish(
    v.array(v.looseObject({ Vulnerabilities: found, Secrets: found, Licenses: found, Misconfigurations: found })),
    [],
  ),
})

/** A report of Trivy in its own JSON. */
export interface TrivyReport {
  readonly document: Readonly<Record<string, unknown>>
  readonly counts: FindingCounts
}

/** @throws LadingError `program-failed` where it is none */
export function parseTrivyReport(bytes: Uint8Array): TrivyReport {
  try {
    const document = v.parse(reportSchema, readJson(bytes))
    const counts = { unknown: 0, low: 0, medium: 0, high: 0, critical: 0 }
    for (const { Vulnerabilities, Secrets, Licenses, Misconfigurations } of document.Results) {
      // of the checks of a configuration those that are met stand there too, where they are asked for
      const failed = Misconfigurations.filter(({ Status }) => (Status ?? 'FAIL') === 'FAIL')
      for (const { Severity } of [...Vulnerabilities, ...Secrets, ...Licenses, ...failed]) counts[nameOf(Severity)]++
    }
    return { document, counts }
  } catch (cause) {
    throw new LadingError('program-failed', 'what trivy reported is not a report in its JSON', {
      cause,
      operation: 'scan',
    })
  }
}

function nameOf(said: string | null | undefined): Lowercase<Severity> {
  const known = severities.find(one => one === said) ?? 'UNKNOWN'
  return known.toLowerCase() as Lowercase<Severity> // toLowerCase forgets which words it was given
}
